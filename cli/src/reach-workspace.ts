import { createClient, type WorkspaceClient } from "@codex-workspace/client";
import { type Secret, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import { findWorkspace, type WorkspaceChoice } from "./find-workspace.ts";
import type { WorkspaceRecord } from "./state.ts";

/** A workspace that runs, and how its API is used. */
export interface ReachedWorkspace {
  readonly name: string;
  readonly client: WorkspaceClient;
  /** None where the API needs none. */
  readonly token: Secret | undefined;
  readonly record: WorkspaceRecord;
}

/**
 * The workspace that a command means, where it runs.
 *
 * @throws WorkspaceError `WORKSPACE_NOT_FOUND`, `WORKSPACE_AMBIGUOUS`, `WORKSPACE_NOT_RUNNING`
 */
export async function reachWorkspace(context: CliContext, choice: WorkspaceChoice): Promise<ReachedWorkspace> {
  return reachRecorded(context, await findWorkspace(context.state, context.cwd, choice));
}

/**
 * One that was found already.
 *
 * @throws WorkspaceError `WORKSPACE_NOT_RUNNING`
 */
export async function reachRecorded(context: CliContext, record: WorkspaceRecord): Promise<ReachedWorkspace> {
  const { name, directory, url } = record;
  const engine = await context.engine(record.engine);
  const state = await engine.state(record);
  if (state === "running" && url !== undefined) {
    const token = await context.state.workspace(name).readToken();
    return { name, client: createClient({ baseUrl: url, token: token?.reveal() }), token, record };
  }
  throw new WorkspaceError(`workspace "${name}" does not run (it is ${state})`, {
    code: "WORKSPACE_NOT_RUNNING",
    remedy: `Start it: codex-workspace up ${directory} --name ${name}`,
  });
}
