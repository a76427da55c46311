import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { volatileDirectory } from "@codex-workspace/core";

/** What a new process overwrites: the configuration, and the state that ends with the process that it replaces. */
const overwritten = ["config", volatileDirectory];

/** The files of a process that was replaced, so that a failure can start it again. */
export class FormerFiles {
  readonly #directory: string;

  /** @param directory - of the workspace's state */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async setAside(): Promise<void> {
    await this.discard();
    for (const [path, aside] of this.#places()) await rename(path, aside).catch(ignoreMissing);
  }

  async bringBack(): Promise<void> {
    for (const [path, aside] of this.#places()) {
      if (!existsSync(aside)) continue;
      await rm(path, { recursive: true, force: true });
      await rename(aside, path);
    }
  }

  /** Removes them. Also those that a killed command left. */
  async discard(): Promise<void> {
    for (const [, aside] of this.#places()) await rm(aside, { recursive: true, force: true });
  }

  #places(): [path: string, aside: string][] {
    return overwritten.map((name) => [join(this.#directory, name), join(this.#directory, `${name}.former`)]);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
