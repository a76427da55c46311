import { setTimeout as delay } from "node:timers/promises";
import { UnreachableError, type WorkspaceClient } from "@codex-workspace/client";

/** How waiting for a workspace ended. */
export type ReadinessOutcome =
  | { readonly state: "ready" }
  | { readonly state: "failed"; readonly reason: string }
  /** The wrapper's process is gone. */
  | { readonly state: "exited"; readonly reason: string }
  | { readonly state: "timed-out"; readonly reason: string };

export interface ReadinessOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Why the wrapper's process is gone, or nothing while it runs. */
  readonly whyStopped: () => Promise<string | undefined>;
}

const pollMs = 100;
/** Something between may accept a connection and never answer. */
const attemptMs = 5_000;

/** Asks until the workspace is ready, says that it never will be, is gone, or the deadline passes. */
export async function waitForReadiness(
  client: WorkspaceClient,
  { deadlineMs, signal, whyStopped }: ReadinessOptions,
): Promise<ReadinessOutcome> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const attempt = AbortSignal.timeout(attemptMs);
    const readiness = await client.ready({ signal: AbortSignal.any([signal, attempt]) }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof UnreachableError || attempt.aborted) return undefined;
      throw error;
    });
    if (readiness?.ready === true) return { state: "ready" };
    if (readiness?.state === "failed") return { state: "failed", reason: readiness.reason ?? "no reason was given" };
    const stopped = await whyStopped();
    if (stopped !== undefined) return { state: "exited", reason: stopped };
    if (performance.now() > end) return { state: "timed-out", reason: readiness?.reason ?? "it did not answer" };
    await delay(pollMs, undefined, { signal });
  }
}
