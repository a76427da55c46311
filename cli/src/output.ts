import { once } from "node:events";
import { visibleText } from "@codex-workspace/core";
import { TerminalText } from "./terminal-text.ts";

/**
 * The one way to standard output and standard error. On a terminal every text is neutralised, since most of it comes from
 * others: the model, commands, files, servers. A pipe or file gets the bytes as they are. Each stream decides for itself.
 */
export interface Output {
  /** Whether standard error is a terminal: only a person sees progress. */
  readonly isWatched: boolean;
  /** The result of a command, on standard output. */
  result(text: string): void;
  /** A part of a result that comes in parts, no faster than it is read. */
  part(chunk: string | Uint8Array): Promise<void>;
  /** Progress and remarks, on standard error, so that a result can be piped. */
  note(text: string): void;
  /** A line of another program's progress; shown only where a person watches. */
  detail(line: string): void;
  /** The line at the bottom of a terminal that says what is under way. Everything else removes it; so does an empty text. */
  progress(line: string): void;
  /** Writes what a part has left over, such as half a character. */
  end(): void;
}

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Ctrl-C is how following ends: then no writer waits for a reader. */
  readonly signal: AbortSignal;
}

export function createOutput({ stdout, stderr, signal }: Streams): Output {
  const [out, err] = [new Printer(stdout), new Printer(stderr)];
  const line = new ProgressLine(stderr);
  return {
    isWatched: stderr.isTTY === true,
    result(text) {
      line.show("");
      out.print(`${text}\n`);
    },
    async part(chunk) {
      line.show("");
      if (!out.print(chunk) && !signal.aborted) await once(stdout, "drain");
    },
    note(text) {
      line.show("");
      err.print(`${text}\n`);
    },
    detail(text) {
      if (stderr.isTTY !== true) return;
      line.show("");
      err.print(`  ${text}\n`);
    },
    progress: (text) => line.show(text),
    end() {
      line.show("");
      out.end();
      err.end();
    },
  };
}

const eraseLine = "\r\x1b[2K";

/** One line of a terminal that is written again and again. Nothing where there is no terminal. */
class ProgressLine {
  readonly #stream: Stream;
  #isShown = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  show(line: string): void {
    if (this.#stream.isTTY !== true || (line === "" && !this.#isShown)) return;
    this.#isShown = line !== "";
    // A longer line would wrap, and only its last row could be erased.
    const fitting = visibleText(line)
      .replaceAll(/\s+/g, " ")
      .slice(0, (this.#stream.columns ?? 80) - 1);
    this.#stream.write(`${eraseLine}${fitting}`);
  }
}

class Printer {
  readonly #stream: Stream;
  readonly #text: TerminalText | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#text = stream.isTTY === true ? new TerminalText() : undefined;
  }

  /** Whether the reader keeps up. */
  print(chunk: string | Uint8Array): boolean {
    return this.#stream.write(this.#text === undefined ? chunk : this.#text.add(chunk));
  }

  end(): void {
    const rest = this.#text?.end() ?? "";
    if (rest !== "") this.#stream.write(rest);
  }
}
