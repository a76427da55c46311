import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { BuildContext } from "@codex-workspace/core";

/** Directory of this user for the build contexts of a program that has no directory. */
export function cachedBuildContexts(): string {
  return join(homedir(), ".cache", "codex-workspace", "build-contexts");
}

/**
 * Writes a build context once, into a directory below `parent` that its content names. Returns that name: the same at each
 * run, because the provider replaces an image whose context has another path.
 */
export function writeBuildContext({ files, hash }: BuildContext, parent: string): string {
  const directory = join(parent, hash);
  if (existsSync(directory)) return hash;
  const unfinished = `${directory}.${process.pid}`;
  for (const { path, mode, content } of files) {
    const file = join(unfinished, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    // Another program was quicker with the same files.
    if (!existsSync(directory)) throw error;
  }
  return hash;
}
