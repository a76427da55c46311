import { nearest, WorkspaceError } from "@codex-workspace/core";
import { isInside, wayTo } from "@codex-workspace/provisioning";
import type { State, WorkspaceRecord } from "./state.ts";

export interface WorkspaceChoice {
  readonly name?: string | undefined;
}

/**
 * The workspace that a command means: the named one, else the one whose directory we are in, else the only one.
 *
 * @throws WorkspaceError `WORKSPACE_NOT_FOUND`, `WORKSPACE_AMBIGUOUS`
 */
export async function findWorkspace(state: State, cwd: string, { name }: WorkspaceChoice): Promise<WorkspaceRecord> {
  const records = await state.records();
  const names = records.map((record) => record.name);
  if (name !== undefined) {
    const named = records.find((record) => record.name === name);
    if (named !== undefined) return named;
    const meant = nearest(name, names);
    throw new WorkspaceError(`there is no workspace "${name}"`, {
      code: "WORKSPACE_NOT_FOUND",
      remedy: meant === undefined ? "See `codex-workspace list`." : `Did you mean "${meant}"?`,
    });
  }
  const [here, ...others] = innermostAround(records, cwd);
  if (here !== undefined && others.length === 0) return here;
  const candidates = here === undefined ? records : [here, ...others];
  const [only, ...more] = candidates;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) {
    throw new WorkspaceError("there is no workspace", {
      code: "WORKSPACE_NOT_FOUND",
      remedy: "Start one: codex-workspace up",
    });
  }
  throw ambiguous(candidates);
}

/**
 * Returns the workspaces whose directory contains `cwd`. Of nested directories only the innermost counts. Both sides are
 * compared without symbolic links: a shell may report a path through a link, and so does a record of an early release.
 */
export function innermostAround(records: readonly WorkspaceRecord[], cwd: string): WorkspaceRecord[] {
  const here = wayTo(cwd).real;
  const around = records
    .map((record) => ({ record, place: wayTo(record.directory).real }))
    .filter(({ place }) => isInside(here, place));
  const innermost = Math.max(...around.map(({ place }) => place.length));
  return around.filter(({ place }) => place.length === innermost).map(({ record }) => record);
}

/**
 * Returns the workspace that works in exactly this directory, whatever its name is.
 *
 * @param directory - without symbolic links
 * @throws WorkspaceError `WORKSPACE_AMBIGUOUS`
 */
export async function workspaceOfDirectory(state: State, directory: string): Promise<WorkspaceRecord | undefined> {
  const [first, ...others] = await workspacesOfDirectory(state, directory);
  if (first !== undefined && others.length > 0) throw ambiguous([first, ...others]);
  return first;
}

/** Returns every workspace that works in exactly this directory. */
export async function workspacesOfDirectory(state: State, directory: string): Promise<WorkspaceRecord[]> {
  return (await state.readableRecords()).filter((record) => wayTo(record.directory).real === directory);
}

function ambiguous(candidates: readonly WorkspaceRecord[]): WorkspaceError {
  return new WorkspaceError(`which workspace? There are ${candidates.map((record) => record.name).join(", ")}`, {
    code: "WORKSPACE_AMBIGUOUS",
    remedy: "Say it with --name NAME, or run the command in the workspace's directory.",
  });
}
