import { constants, type Stats } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";

/** Bound of a text file that the wrapper merges into. A longer file is left as it is. */
export const maxTextBytes = 1024 ** 2;

/** What a file keeps when its text is replaced. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Number of hard links. */
  readonly links: number;
  /** Device and inode: which file was read. */
  readonly identity: string;
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
    return { kind: "text", text, ownership: toOwnership(stats) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "absent" };
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return unusable(reason);
  }
}

/**
 * Replaces the text of a file whole or not at all: writes a new file beside it and renames it. The new file gets the
 * ownership of the old file. The text is written in place where a rename would break a hard link or change the owner.
 *
 * @param ownership - a mode alone for a new file
 */
export async function replaceText(path: string, text: string, ownership: Ownership | number): Promise<void> {
  if (typeof ownership === "number") return renameOver(path, text, ownership);
  if (ownership.links > 1) return overwrite(path, text, ownership);
  try {
    await renameOver(path, text, ownership);
  } catch (error) {
    // Only root may give a file to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    await overwrite(path, text, ownership);
  }
}

async function renameOver(path: string, text: string, ownership: Ownership | number): Promise<void> {
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

/** Writes into the file that was read. A file that was put in its place meanwhile is refused as "in use". */
async function overwrite(path: string, text: string, { identity }: Ownership): Promise<void> {
  await using file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (toOwnership(await file.stat()).identity !== identity) {
    throw Object.assign(new Error(`${path} was replaced meanwhile`), { code: "ETXTBSY", path });
  }
  const bytes = Buffer.from(text);
  // The longer text is there before anything is cut off.
  await file.write(bytes, 0, bytes.length, 0);
  await file.truncate(bytes.length);
  await file.sync();
}

function toOwnership({ mode, uid, gid, nlink, dev, ino }: Stats): Ownership {
  return { mode: mode & 0o7777, uid, gid, links: nlink, identity: `${dev}:${ino}` };
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
