import { relative, sep } from "node:path";
import { nearest, WorkspaceError } from "@codex-workspace/core";
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
  throw new WorkspaceError(`which workspace? There are ${candidates.map((record) => record.name).join(", ")}`, {
    code: "WORKSPACE_AMBIGUOUS",
    remedy: "Say it with --name NAME, or run the command in the workspace's directory.",
  });
}

/** Those whose directory we are in; of several, the innermost: a workspace may lie in another's directory. */
export function innermostAround(records: readonly WorkspaceRecord[], cwd: string): WorkspaceRecord[] {
  const around = records.filter(({ directory }) => isInside(cwd, directory));
  const innermost = Math.max(...around.map(({ directory }) => directory.length));
  return around.filter(({ directory }) => directory.length === innermost);
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}
