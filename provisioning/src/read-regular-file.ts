import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";

/** Why a file was not read, with the code of the system or a word of ours. */
export class UnreadFile extends Error {
  override readonly name = "UnreadFile";
}

/**
 * Reads a file whose path has no symbolic links ({@link wayTo}), once. A component that became a link since is not
 * followed, and a FIFO or device is not waited for.
 *
 * @throws UnreadFile
 */
export function readRegularFile(realPath: string, maxBytes: number): Buffer {
  const descriptor = open(realPath);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new UnreadFile("it is no regular file");
    if (stats.size > maxBytes) throw new UnreadFile(`it is larger than ${maxBytes} bytes`);
    requireSamePath(descriptor, realPath);
    return readAtMost(descriptor, maxBytes);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code);
    throw new UnreadFile(code === "ELOOP" ? "it is a symbolic link" : code, { cause });
  }
}

/** O_NOFOLLOW is about the last component. Linux says which path the others have led to. */
function requireSamePath(descriptor: number, path: string): void {
  let opened: string;
  try {
    opened = readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return;
  }
  if (opened.replace(/ \(deleted\)$/, "") === path) return;
  throw new UnreadFile("a directory on the way to it was replaced by a symbolic link");
}

/** The file may grow while it is read. */
function readAtMost(descriptor: number, maxBytes: number): Buffer {
  const content = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, content, length, content.length - length, null);
    length += read;
    if (length > maxBytes) throw new UnreadFile(`it is larger than ${maxBytes} bytes`);
    if (read === 0) return Buffer.from(content.subarray(0, length));
  }
}
