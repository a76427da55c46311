import { ownInputDefaults, type OwnInputs } from "@codex-workspace/provisioning";
import { getProject, getStack } from "@pulumi/pulumi";

/**
 * The args that are no spec's, with their defaults, and the spec that is left without them.
 *
 * @param args - of any shape, without parts that come later
 */
export function takeOwnArgs(name: string, args: object): { readonly own: OwnInputs; readonly spec: object } {
  const {
    workspaceName = `${getProject()}-${getStack()}-${name}`,
    demoModel = ownInputDefaults.demoModel,
    grantKeys = ownInputDefaults.grantKeys,
    onConfigChange = ownInputDefaults.onConfigChange,
    retainHome = ownInputDefaults.retainHome,
    waitTimeoutSeconds = ownInputDefaults.waitTimeoutSeconds,
    ...spec
  } = args as Partial<OwnInputs>;
  return { own: { workspaceName, demoModel, grantKeys, onConfigChange, retainHome, waitTimeoutSeconds }, spec };
}
