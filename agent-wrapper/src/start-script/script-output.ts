import { closeSync, openSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";

export interface ScriptOutputOptions {
  /** Replaced; only its owner reads it. */
  readonly file: string;
  readonly redact: (text: string) => string;
  /** A line, without secrets. */
  readonly onLine: (line: string) => void;
}

/** Of what a script says, this much is kept: a script may run for long, and disks are finite. */
const maxKeptBytes = 1024 * 1024;
const maxLineLength = 16 * 1024;

/** What a script says, line by line and without secrets: into its log file, and to `onLine`. */
export class ScriptOutput {
  readonly #options: ScriptOutputOptions;
  readonly #file: number;
  readonly #streams: Promise<void>[] = [];
  #bytesLeft = maxKeptBytes;

  constructor(options: ScriptOutputOptions) {
    this.#options = options;
    this.#file = openSync(options.file, "w", 0o600);
  }

  /** Both streams of a script, before the first of them has said anything. */
  read(...streams: readonly Readable[]): void {
    for (const stream of streams) {
      readLines(stream, (line) => this.#add(line));
      this.#streams.push(new Promise((resolve) => stream.once("close", resolve)));
    }
    void this.ended().then(() => closeSync(this.#file));
  }

  /** Settles when nobody writes any more: the script, and what it left running with its output. */
  async ended(): Promise<void> {
    await Promise.all(this.#streams);
  }

  #add(raw: string): void {
    // Cut in two, a secret would not be known again.
    const isTooLong = raw.length > maxLineLength;
    const line = isTooLong ? `[a line of more than ${maxLineLength} characters]` : this.#options.redact(raw);
    if (this.#bytesLeft <= 0) return;
    this.#bytesLeft -= Buffer.byteLength(line) + 1;
    this.#keep(line);
    if (this.#bytesLeft <= 0) this.#keep(`[it said more than ${maxKeptBytes} bytes: the rest is not kept]`);
  }

  #keep(line: string): void {
    writeSync(this.#file, `${line}\n`);
    this.#options.onLine(line);
  }
}

/** Blank lines are left out; of a longer line than we take, only that it was longer is known. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  const tell = (line: string): void => {
    if (line.trim() !== "") onLine(line);
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? "").slice(0, maxLineLength + 1);
    for (const line of lines) tell(line);
  });
  stream.once("end", () => tell(rest));
}
