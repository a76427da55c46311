import { ApiError, UnreachableError } from "./api-error.ts";

/** For how long a wrapper that went away may take to come back. */
export const reconnectMs = 15_000;
export const reconnectPauseMs = 300;
/** How often a session that is silent is asked after. */
const failureCheckMs = 2_000;

/** Asks again while nobody answers, for `reconnectMs`. What is asked must do no harm when it is asked twice. */
export async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let lostAt: number | undefined;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      lostAt ??= Date.now();
      if (Date.now() - lostAt > reconnectMs) throw error;
    }
    await pause(reconnectPauseMs, signal);
  }
}

/** Waits for something, and rejects with `SESSION_NOT_READY` when the session is lost for good meanwhile. */
export async function unlessFailed<T>(
  signal: AbortSignal | undefined,
  failure: () => Promise<string | undefined>,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const both = anySignal([done.signal, signal]);
  try {
    return await Promise.race([wait(both), throwWhenFailed(failure, both)]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    done.abort();
  }
}

/** Never settles well. */
async function throwWhenFailed(failure: () => Promise<string | undefined>, signal: AbortSignal): Promise<never> {
  for (;;) {
    await pause(failureCheckMs, signal);
    const reason = await failure().catch((error: unknown) => {
      if (error instanceof UnreachableError) return undefined;
      throw error;
    });
    if (reason !== undefined) throw new ApiError(reason, { status: 503, code: "SESSION_NOT_READY" });
  }
}

/** Rejects with the signal's reason when it is aborted. */
export function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, durationMs);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

export function anySignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
