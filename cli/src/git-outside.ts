import { dirname, join, resolve } from "node:path";
import { visibleText } from "@codex-workspace/core";
import { isInside, readRegularFile, UnreadFile, wayTo } from "@codex-workspace/provisioning";

/** Longer than any path that a `.git` file names. */
const maxBytes = 16_384;

/**
 * Returns a warning for each part of the project's repository that a container does not have, because it lies outside the
 * directory that is mounted: the git directory of a linked worktree, of a submodule or of `--separate-git-dir`, and the
 * objects of a clone that shares them (`--shared`, `--reference`).
 *
 * @param directory - absolute, mounted as the project
 */
export function warnOfGitOutside(directory: string): string[] {
  const project = wayTo(directory).real;
  const git = wayTo(join(project, ".git")).real;
  const outside = (path: string): boolean => !isInside(path, project);
  if (outside(git)) return [isDead(git)];
  const named = /^gitdir: ([^\r\n]+)/.exec(read(git))?.[1];
  const gitDirectory = named === undefined ? git : wayTo(resolve(dirname(git), named)).real;
  if (outside(gitDirectory)) return [isDead(gitDirectory)];
  const objects = join(gitDirectory, "objects");
  return read(join(objects, "info", "alternates"))
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => wayTo(resolve(objects, line)).real)
    .filter(outside)
    .map((path) => `git will not work on this project: its objects are in ${visibleText(path)}, ${absent}`);
}

const absent = "which is not in the container. Use a clone of its own as DIR, or --engine local.";

function isDead(path: string): string {
  return `git will not work on this project: its repository is ${visibleText(path)}, ${absent}`;
}

/** The empty text for a file that cannot be read: git has its own words for it. */
function read(path: string): string {
  try {
    return readRegularFile(wayTo(path).real, maxBytes).toString("utf8");
  } catch (error) {
    if (error instanceof UnreadFile) return "";
    throw error;
  }
}
