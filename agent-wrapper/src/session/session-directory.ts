import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";

/**
 * Returns the real path of a session's directory inside the project, which is given relative to it or as an absolute path.
 *
 * @throws WorkspaceError `SESSION_REFUSED`
 */
export function directoryIn(project: string, directory: string): string {
  try {
    const [inside, real] = [realpathSync(project), realpathSync(resolve(project, directory))];
    if (!statSync(real).isDirectory())
      throw refused(`${directory} is no directory`, "Name a directory of the project.");
    if (inside === real) return project;
    if (isWithin(inside, real)) return real;
  } catch (error) {
    if (error instanceof WorkspaceError) throw error;
    throw refused(`${directory} cannot be used: ${(error as Error).message}`, "Name a directory of the project.");
  }
  throw refused(
    `${directory} is outside the project`,
    "Name a directory inside it, relative to it or as an absolute path.",
  );
}

/**
 * Checks at the start of a turn that no part of a directory became a link: every session may write the whole project.
 *
 * @throws WorkspaceError `SESSION_DIRECTORY_CHANGED`
 */
export function requireSameDirectory(directory: string): void {
  let found: string;
  try {
    found = realpathSync(directory);
    if (found === directory && statSync(directory).isDirectory()) return;
  } catch (error) {
    found = (error as NodeJS.ErrnoException).code ?? String(error);
  }
  throw new WorkspaceError(`the session's directory ${directory} is not the directory it was: found ${found}`, {
    code: "SESSION_DIRECTORY_CHANGED",
    remedy: "Restore the directory, or create a session in another directory.",
  });
}

/** What commands of a thread may write, as Codex reports it. */
export interface WritableReport {
  readonly cwd: string;
  /** Its `SandboxPolicy`. */
  readonly sandbox: unknown;
}

/**
 * Returns whether Codex has these writable roots. Codex lists a root unless it is the thread's directory (observed on
 * 0.140 to 0.169), and tells no roots of another sandbox mode than `workspace-write`.
 */
export function areWritableRoots(roots: readonly string[], { cwd, sandbox }: WritableReport): boolean {
  const { type, writableRoots } = (sandbox ?? {}) as Readonly<Record<string, unknown>>;
  if (roots.includes(cwd)) return true;
  return (
    type === "workspaceWrite" && Array.isArray(writableRoots) && roots.every((root) => writableRoots.includes(root))
  );
}

/**
 * Refuses writable roots that overlap a directory whose content decides what the agent may do: a command could then
 * widen its own rights.
 *
 * @throws WorkspaceError `SESSION_REFUSED`
 */
export function requireHarmlessRoots(roots: readonly string[], kept: readonly string[]): void {
  for (const root of roots) {
    const real = realOf(root);
    const overlap = kept.find((path) => isWithin(real, realOf(path)) || isWithin(realOf(path), real));
    if (overlap === undefined) continue;
    throw refused(
      `commands could write ${overlap}: the writable directory ${root} overlaps it`,
      "Use a project or writable root that neither contains that directory nor lies in it.",
    );
  }
}

/** Whether a path is a directory or lies in it. Both are real paths. */
export function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== ".." && !way.startsWith("../");
}

/** Returns the real path, with the part that does not exist, or that this user may not look into, as it is written. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), basename(path));
  }
}

function refused(message: string, remedy: string): WorkspaceError {
  return new WorkspaceError(message, { code: "SESSION_REFUSED", remedy });
}
