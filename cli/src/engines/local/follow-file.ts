import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

export interface FollowOptions {
  /** Where to begin, in bytes. */
  readonly from: number;
  /** Wait for more at the end, until this says that no more will come. */
  readonly goesOn: () => Promise<boolean>;
}

const pollMs = 50;
const chunkBytes = 64 * 1024;

/** The bytes of a file that grows. A file that is not there yet is one without bytes. */
export async function* followFile(
  path: string,
  { from, goesOn }: FollowOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = from;
  for (;;) {
    // Asked before the read, so that what a process wrote last is read.
    const more = await goesOn();
    for (let chunk = await readAt(path, position); chunk.length > 0; chunk = await readAt(path, position)) {
      position += chunk.length;
      yield chunk;
    }
    if (!more) return;
    await delay(pollMs);
  }
}

async function readAt(path: string, position: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, position);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return new Uint8Array();
  }
}
