import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "../context.ts";

/** Asks at a terminal for a line that is not shown. The terminal is put back as it was. */
export async function askHidden({ stdin, output, signal }: CliContext, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 });
  const given = new AbortController();
  // Only now, when the terminal shows nothing more: some paste as soon as they read it.
  output.note(question);
  // In raw mode Ctrl-C is a key, and Ctrl-D closes without an answer.
  line.on("SIGINT", () => given.abort());
  line.on("close", () => given.abort());
  try {
    return await line.question("", { signal: AbortSignal.any([signal, given.signal]) });
  } catch (cause) {
    signal.throwIfAborted();
    throw new WorkspaceError("no key was given", {
      code: "INTERRUPTED",
      remedy: "Run the command again; nothing was stored.",
      cause,
    });
  } finally {
    line.close();
  }
}
