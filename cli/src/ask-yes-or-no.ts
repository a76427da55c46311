import { createInterface } from "node:readline/promises";
import type { CliContext } from "./context.ts";

/** Asks at a terminal. Whatever is not yes is no, the end of the input too. */
export async function askYesOrNo({ stdin, output, signal }: CliContext, question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, terminal: false });
  const closed = new AbortController();
  lines.on("close", () => closed.abort());
  output.note(question);
  try {
    const answer = await lines.question("", { signal: AbortSignal.any([signal, closed.signal]) });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    lines.close();
  }
}
