import { ownInputDefaults, type OwnInputs } from "@codex-workspace/provisioning";
import { getProject, getStack } from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";

/** The args that are no spec's, with their defaults, and the spec that is left without them. */
export function takeOwnArgs(
  name: string,
  args: CodexWorkspaceArgs,
): { readonly own: OwnInputs; readonly spec: Omit<CodexWorkspaceArgs, keyof OwnInputs> } {
  const {
    workspaceName = `${getProject()}-${getStack()}-${name}`,
    demoModel = ownInputDefaults.demoModel,
    onConfigChange = ownInputDefaults.onConfigChange,
    retainHome = ownInputDefaults.retainHome,
    waitTimeoutSeconds = ownInputDefaults.waitTimeoutSeconds,
    ...spec
  } = args;
  return { own: { workspaceName, demoModel, onConfigChange, retainHome, waitTimeoutSeconds }, spec };
}
