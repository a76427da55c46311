import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RenderedFile } from "@codex-workspace/core";

/** Makes the directory that a wrapper reads, or one is reading, have these files, in their order, and no others. */
export async function writeConfiguration(directory: string, files: readonly RenderedFile[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const isWanted = (name: string): boolean => files.some(({ path }) => path === name || path.startsWith(`${name}/`));
  for (const name of await readdir(directory, { recursive: true })) {
    if (!isWanted(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
  await writeFiles(directory, files);
}

/** Whoever reads sees the old file or the new one, never half of it. */
export async function writeFiles(directory: string, files: readonly RenderedFile[]): Promise<void> {
  for (const { path, content, mode } of files) {
    const file = join(directory, path);
    const temporary = join(dirname(file), `.${randomUUID()}`);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(temporary, typeof content === "string" ? content : content.reveal(), { mode: 0o600 });
    await chmod(temporary, mode);
    await rename(temporary, file);
  }
}
