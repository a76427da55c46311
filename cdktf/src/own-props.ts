import { ownInputDefaults, type OwnInputs } from "@codex-workspace/provisioning";

/**
 * The props that are no spec's, with their defaults, and the spec that is left without them.
 *
 * @param path - of the construct
 * @param props - of any shape
 */
export function takeOwnProps(path: string, props: object): { readonly own: OwnInputs; readonly spec: object } {
  const {
    workspaceName = path.replaceAll(/[^a-zA-Z0-9_.-]+/g, "-"),
    demoModel = ownInputDefaults.demoModel,
    grantKeys = ownInputDefaults.grantKeys,
    onConfigChange = ownInputDefaults.onConfigChange,
    retainHome = ownInputDefaults.retainHome,
    waitTimeoutSeconds = ownInputDefaults.waitTimeoutSeconds,
    ...spec
  } = props as Partial<OwnInputs>;
  return { own: { workspaceName, demoModel, grantKeys, onConfigChange, retainHome, waitTimeoutSeconds }, spec };
}
