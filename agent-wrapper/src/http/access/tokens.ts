import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { tokenFileSchema } from "@codex-workspace/core";
import type { Logger } from "pino";
import type { KnownToken } from "./caller.ts";

/** Watching by the clock sees every change of every file system, a volume's and a mounted secret's too. */
const pollMs = 250;

/**
 * The tokens in force: those of a file, which is read again whenever it changes. While it is missing or broken (somebody
 * is just writing it) the former ones stay, and the log says so.
 */
export class Tokens {
  readonly #file: string;
  readonly #logger: Logger;
  #known: readonly KnownToken[];

  constructor(file: string, known: readonly KnownToken[], logger: Logger) {
    this.#file = file;
    this.#known = known;
    this.#logger = logger;
  }

  get known(): readonly KnownToken[] {
    return this.#known;
  }

  /** Tells of every change, until `close`. */
  watch(onChange: () => void): void {
    // One after the other, so that what is read last is what the file had last.
    let reading = Promise.resolve();
    const read = (): void => {
      reading = reading.then(() => this.#read(onChange));
    };
    watchFile(this.#file, { interval: pollMs, persistent: false }, read);
    // What changed between the first reading and now.
    read();
  }

  close(): void {
    unwatchFile(this.#file);
  }

  async #read(onChange: () => void): Promise<void> {
    try {
      const { tokens } = tokenFileSchema.parse(JSON.parse(await readFile(this.#file, "utf8")));
      if (isDeepStrictEqual(tokens, this.#known)) return;
      this.#known = tokens;
    } catch (error) {
      // Of the error only what it is: a message of JSON.parse quotes the text.
      this.#logger.warn({ reason: (error as Error).name }, "tokens.json cannot be read: the former tokens stay");
      return;
    }
    this.#logger.info({ tokens: this.#known.map(({ name }) => name) }, "tokens are exchanged");
    onChange();
  }
}
