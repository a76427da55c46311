import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { tokenFileSchema } from "@codex-workspace/core";
import type { Logger } from "pino";
import { FileWatch } from "../../files/file-watch.ts";
import type { KnownToken } from "./caller.ts";

/**
 * The tokens in force: those of a file, which is read again whenever it changes. While it is missing or broken (somebody
 * is just writing it) the former ones stay, and the log says so.
 */
export class Tokens {
  readonly #file: string;
  readonly #logger: Logger;
  #known: readonly KnownToken[];
  #watch: FileWatch | undefined;

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
    this.#watch = new FileWatch(this.#file, () => this.#read(onChange));
  }

  close(): void {
    this.#watch?.close();
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
