import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";

/** Bound of a text file that the wrapper merges into. A longer file is left as it is. */
export const maxTextBytes = 1024 ** 2;

/** Mode, owner and group of a file. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type FoundFile =
  | { readonly kind: "absent" }
  | { readonly kind: "text"; readonly text: string; readonly ownership: Ownership }
  /** The reason completes the sentence "the file was left alone: …". */
  | { readonly kind: "unusable"; readonly reason: string; readonly isTooLong: boolean };

/** Why the system refuses a file. Any other error is an outage, such as a full disk. */
const refusals: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission is denied"],
  ["EBUSY", "it is mounted"],
  ["EEXIST", "it is no regular file"],
  ["EISDIR", "it is a directory"],
  ["ELOOP", "it is a symbolic link"],
  ["EMLINK", "it is a symbolic link"],
  ["ENAMETOOLONG", "its path is too long"],
  ["ENODEV", "it is a device"],
  ["ENOTDIR", "its parent is no directory"],
  ["ENOTEMPTY", "it is a directory"],
  ["ENXIO", "it is a socket or a device"],
  ["EPERM", "permission is denied"],
  ["EROFS", "its file system is read-only"],
  ["ETXTBSY", "it is in use"],
]);

/** Returns why the system refuses a file; undefined for an outage. */
export function refusalOf(error: unknown): string | undefined {
  return refusals.get((error as NodeJS.ErrnoException).code ?? "");
}

/**
 * Reads a regular file of UTF-8 text, of at most `maxTextBytes`. Type and size are those of the open file, so a swap
 * between check and use changes nothing. Neither a FIFO nor a device makes it wait.
 */
export async function readText(path: string): Promise<FoundFile> {
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
    await using file = await open(path, flags);
    const stats = await file.stat();
    if (stats.isDirectory()) return unusable("it is a directory");
    if (stats.isFIFO()) return unusable("it is a FIFO");
    if (!stats.isFile()) return unusable("it is a device");
    const bytes = await readAtMost(file, maxTextBytes + 1);
    if (stats.size > maxTextBytes || bytes.length > maxTextBytes)
      return { kind: "unusable", reason: `it is longer than ${maxTextBytes} bytes`, isTooLong: true };
    const text = toText(bytes);
    if (text === undefined) return unusable("it is not UTF-8 text");
    return { kind: "text", text, ownership: { mode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "absent" };
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return unusable(reason);
  }
}

/**
 * Whole or not at all: written beside, then renamed over. The file gets the ownership of the file that it replaces.
 *
 * @param ownership - a mode alone for a new file
 */
export async function replaceText(path: string, text: string, ownership: Ownership | number): Promise<void> {
  const beside = join(dirname(path), `.${randomUUID()}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    {
      await using file = await open(beside, flags, typeof ownership === "number" ? ownership : 0o600);
      await file.writeFile(text);
      if (typeof ownership !== "number") await give(file, ownership);
      await file.sync();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The mode comes last: a change of owner clears bits of it. */
async function give(file: FileHandle, { mode, uid, gid }: Ownership): Promise<void> {
  const now = await file.stat();
  if (now.uid !== uid || now.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode);
}

/** Reads until the end or the bound, whatever the size that the system reports. */
async function readAtMost(file: FileHandle, bound: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bound);
  let length = 0;
  while (length < bound) {
    const { bytesRead } = await file.read(buffer, length, bound - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Every byte comes back when the text is written again, a byte order mark too. */
function toText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function unusable(reason: string): FoundFile {
  return { kind: "unusable", reason, isTooLong: false };
}
