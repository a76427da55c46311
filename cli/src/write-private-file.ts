import { randomUUID } from "node:crypto";
import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Writes a file for this user alone. Whoever reads sees the old file or the new one, never half of it. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await rename(await writeBeside(path, content), path);
}

/** The same of a file that is not there yet; false, and nothing is changed, where it is. */
export async function createPrivateFile(path: string, content: string): Promise<boolean> {
  const temporary = await writeBeside(path, content);
  try {
    // Refuses to replace, unlike a rename.
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeBeside(path: string, content: string | Uint8Array): Promise<string> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}`);
  await writeFile(temporary, content, { mode: 0o600 });
  return temporary;
}
