import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { BuildContext } from "@codex-workspace/core";

/**
 * Where the provider finds a build context: written once, below a name made of its content. The same place in every run, or
 * each would look like a change.
 */
export function buildContextDirectory({ files, hash }: BuildContext): string {
  const directory = join(homedir(), ".cache", "codex-workspace", "build-contexts", hash);
  if (existsSync(directory)) return directory;
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
  return directory;
}
