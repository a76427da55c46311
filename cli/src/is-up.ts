import type { CliContext } from "./context.ts";
import type { WorkspaceRecord } from "./state.ts";

/** Whether a workspace is meant to be up: a `down` forgets its address; one that was restarted or replaced has one. */
export async function isUp({ state }: CliContext, { name }: WorkspaceRecord): Promise<boolean> {
  return (await state.workspace(name).read())?.url !== undefined;
}
