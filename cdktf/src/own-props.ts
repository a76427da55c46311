import { ownInputDefaults, type OwnInputs } from "@codex-workspace/provisioning";
import type { CodexWorkspaceProps } from "./props.ts";

/** The props that are a spec's. */
export type SpecOfProps = Omit<CodexWorkspaceProps, keyof OwnInputs | "provider">;

/**
 * The props that are no spec's, with their defaults, and the spec that is left without them.
 *
 * @param path - of the construct
 */
export function takeOwnProps(
  path: string,
  props: CodexWorkspaceProps,
): Pick<CodexWorkspaceProps, "provider"> & { readonly own: OwnInputs; readonly spec: SpecOfProps } {
  const {
    workspaceName = path.replaceAll(/[^a-zA-Z0-9_.-]+/g, "-"),
    demoModel = ownInputDefaults.demoModel,
    grantKeys = ownInputDefaults.grantKeys,
    onConfigChange = ownInputDefaults.onConfigChange,
    retainHome = ownInputDefaults.retainHome,
    waitTimeoutSeconds = ownInputDefaults.waitTimeoutSeconds,
    provider,
    ...spec
  } = props;
  return {
    own: { workspaceName, demoModel, grantKeys, onConfigChange, retainHome, waitTimeoutSeconds },
    spec,
    provider,
  };
}
