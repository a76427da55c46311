import { ArgsError } from "./input-problems.ts";

let isExpected = false;

/**
 * Keeps Node from a PromiseRejectionHandledWarning for each output that waits for rejected args. The SDK handles some outputs,
 * such as exports of the program, only after Node has looked for a handler. Node emits the event instead of the warning.
 */
export function expectLateHandling(): void {
  if (isExpected) return;
  isExpected = true;
  process.on("rejectionHandled", (promise) => void promise.catch(warnUnlessOfArgs));
}

/** Repeats Node's warning for a promise of the program. */
function warnUnlessOfArgs(error: unknown): void {
  if (error instanceof ArgsError || process.listenerCount("rejectionHandled") > 1) return;
  process.emitWarning("Promise rejection was handled asynchronously", "PromiseRejectionHandledWarning");
}
