import { createHash, createHmac } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Secret } from "@codex-workspace/core";

/** A file of this machine that an apply copies into a container. */
export interface PrivateFile {
  readonly source: string;
  /** Changes with its content, and tells nothing of it to whoever has not the API's token. */
  readonly sourceHash: string;
}

/**
 * Where an apply finds what Terraform's state must not have, or is too long for it: below the state directory of this user, whose alone it is.
 * The same place for every synthesis of a construct, or each would look like a change.
 */
export class PrivateDirectory {
  readonly #path: string;
  readonly #token: Secret;
  readonly #written: string[] = [];

  /**
   * @param constructPath - with the directory that the program runs in, it says which workspace of this machine it is
   * @param token - of the API
   */
  constructor(constructPath: string, token: Secret) {
    const key = createHash("sha256")
      .update(JSON.stringify([process.cwd(), constructPath]))
      .digest("hex");
    this.#path = join(homedir(), ".local", "state", "codex-workspace", "terraform", key.slice(0, 32));
    this.#token = token;
  }

  /** @param path - absolute, in a container */
  write(path: string, text: string): PrivateFile {
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    const name = path.slice(1).replaceAll("/", "-");
    const source = join(this.#path, name);
    // An apply of another shell may be reading it.
    const unfinished = `${source}.${process.pid}`;
    writeFileSync(unfinished, text, { mode: 0o600 });
    renameSync(unfinished, source);
    this.#written.push(name);
    return { source, sourceHash: createHmac("sha256", this.#token.reveal()).update(text).digest("hex") };
  }

  /** Removes what a former synthesis wrote and this one did not. */
  removeOthers(): void {
    if (!existsSync(this.#path)) return;
    for (const name of readdirSync(this.#path)) {
      if (!this.#written.includes(name)) rmSync(join(this.#path, name));
    }
  }
}
