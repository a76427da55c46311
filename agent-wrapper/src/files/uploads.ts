import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { WorkspaceError } from "@codex-workspace/core";

/** What the smallest file, and each directory, takes of a disk. */
const blockBytes = 4096;
const unfinishedPrefix = ".unfinished-";

export interface KeptFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** A file that has come whole and has no name yet. */
export interface ReceivedFile {
  /**
   * Gives it its name; the absolute path, which the same content and name had before. `note` is told of it just before;
   * when it throws, the file has no name.
   */
  keep(name: string, note: (file: KeptFile) => void): Promise<string>;
  discard(): Promise<void>;
}

/**
 * Files that clients have sent, each in a directory named by its content. The directory belongs to the wrapper alone:
 * everybody may read it, and nobody else can put a link where the wrapper writes.
 */
export class Uploads {
  readonly #directory: string;
  readonly #maxBytes: number;
  #usedBytes: number;

  private constructor(directory: string, maxBytes: number, usedBytes: number) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#usedBytes = usedBytes;
  }

  /** Makes the directory, or takes over what is in it. */
  static async open(directory: string, maxBytes: number): Promise<Uploads> {
    await mkdir(directory, { recursive: true, mode: 0o755 });
    let usedBytes = 0;
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (name.startsWith(unfinishedPrefix)) await rm(path, { force: true });
      else usedBytes += await sizeOf(path);
    }
    return new Uploads(directory, maxBytes, usedBytes);
  }

  /**
   * Stores what comes, without a name.
   *
   * @throws WorkspaceError `UPLOADS_FULL`
   */
  async receive(content: Readable): Promise<ReceivedFile> {
    const path = join(this.#directory, `${unfinishedPrefix}${randomUUID()}`);
    const hash = createHash("sha256");
    let size = 0;
    const discard = (): Promise<void> => rm(path, { force: true });
    try {
      await pipeline(
        content,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            size += chunk.length;
            yield chunk;
          }
        },
        createWriteStream(path, { flags: "wx", mode: 0o644 }),
      );
    } catch (error) {
      await discard();
      throw isDiskFull(error) ? uploadsFull("the disk is full", error) : error;
    }
    const name = hash.digest("hex").slice(0, 16);
    return {
      discard,
      keep: (fileName, note) => this.#keep(path, { path: join(this.#directory, name, fileName), bytes: size }, note),
    };
  }

  async #keep(unfinished: string, file: KeptFile, note: (file: KeptFile) => void): Promise<string> {
    const { path } = file;
    const isNew = (await stat(path).catch(() => undefined)) === undefined;
    const bytes = isNew ? blockBytes + onDisk(file.bytes) : 0;
    if (this.#usedBytes + bytes > this.#maxBytes) {
      await rm(unfinished, { force: true });
      throw uploadsFull(`uploaded files take ${this.#usedBytes} of ${this.#maxBytes} bytes`);
    }
    note(file);
    this.#usedBytes += bytes;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await rename(unfinished, path);
    return path;
  }
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => onDisk((await stat(join(directory, name))).size)));
  return sizes.reduce((sum, size) => sum + size + blockBytes, 0);
}

function onDisk(size: number): number {
  return Math.max(1, Math.ceil(size / blockBytes)) * blockBytes;
}

function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function uploadsFull(why: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(`the file is not stored: ${why}`, {
    code: "UPLOADS_FULL",
    remedy: "Remove uploaded files that no conversation needs.",
    cause,
  });
}
