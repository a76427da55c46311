import { createClient, type WorkspaceClient } from "@codex-workspace/client";
import { type Secret, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import { findWorkspace, type WorkspaceChoice } from "./find-workspace.ts";
import { reachByUrl, type UrlChoice } from "./reach-by-url.ts";
import type { WorkspaceRecord } from "./state.ts";

/** A workspace that runs, and how its API is used. */
export interface ReachedWorkspace {
  /** What it is called in what we print: its name, or its URL where somebody else started it. */
  readonly name: string;
  /** What says it on a command line: `--name app`. */
  readonly option: string;
  readonly client: WorkspaceClient;
  /** None where the API needs none. */
  readonly token: Secret | undefined;
  /** None where somebody else started it. */
  readonly record: WorkspaceRecord | undefined;
}

/** Which workspace a command means, one that somebody else started included. */
export interface ReachChoice extends WorkspaceChoice, Partial<UrlChoice> {}

/**
 * The workspace that a command means, where it runs. Throws what {@link reachByUrl} does, too.
 *
 * @throws WorkspaceError `USAGE`, `WORKSPACE_NOT_FOUND`, `WORKSPACE_AMBIGUOUS`, `WORKSPACE_NOT_RUNNING`
 */
export async function reachWorkspace(context: CliContext, choice: ReachChoice): Promise<ReachedWorkspace> {
  const { url, tokenFile } = choice;
  if (url !== undefined) return reachByUrl(context, { url, tokenFile });
  if (tokenFile !== undefined) {
    throw new WorkspaceError("--token-file is for a workspace that --url names", {
      code: "USAGE",
      remedy: "Add --url URL, or leave --token-file out: we know the token of a workspace that we have started.",
    });
  }
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
    return {
      name,
      option: `--name ${name}`,
      client: createClient({ baseUrl: url, token: token?.reveal() }),
      token,
      record,
    };
  }
  throw new WorkspaceError(`workspace "${name}" does not run (it is ${state})`, {
    code: "WORKSPACE_NOT_RUNNING",
    remedy: `Start it: codex-workspace up ${directory} --name ${name}`,
  });
}
