import { once } from "node:events";
import type { CliContext } from "./context.ts";

/** Writes to standard output, no faster than it is read there. Ctrl-C is how following ends, so nobody waits for more then. */
export async function writeOut({ stdout, signal }: CliContext, chunk: string | Uint8Array): Promise<void> {
  if (!stdout.write(chunk) && !signal.aborted) await once(stdout, "drain");
}
