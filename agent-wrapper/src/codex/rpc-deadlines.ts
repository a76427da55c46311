import type { RequestMethod } from "./protocol.ts";

/** Time to load a thread, whose history can be long and whose MCP servers have to start. */
const loadMs = 60_000;
/** Time for everything that app-server answers within milliseconds when it is healthy. */
const promptlyMs = 15_000;

/**
 * Time that app-server has to answer a request, by method. That of `turn/start` and `turn/steer` covers the acceptance of
 * a prompt; a turn has no deadline. An entry is required for each method, so that no request is without a deadline.
 */
export const requestDeadlineMs: Readonly<Record<RequestMethod, number>> = {
  initialize: promptlyMs,
  "thread/start": loadMs,
  "thread/resume": loadMs,
  "thread/fork": loadMs,
  "thread/read": loadMs,
  "config/read": promptlyMs,
  "thread/archive": promptlyMs,
  "thread/unarchive": promptlyMs,
  "thread/delete": promptlyMs,
  "thread/unsubscribe": promptlyMs,
  "thread/name/set": promptlyMs,
  "thread/settings/update": promptlyMs,
  "thread/queue/list": promptlyMs,
  "thread/loaded/list": promptlyMs,
  "turn/start": promptlyMs,
  "turn/steer": promptlyMs,
  "turn/interrupt": promptlyMs,
};

/** Time to answer the request that tells a healthy app-server from one that hangs. */
export const probeDeadlineMs = 5_000;

/** A timer this late was delayed by a stop of this process: a signal, a paused container, a suspended machine. */
const stoppedMs = 2_000;

/**
 * Calls `onLate` after `ms`; returns a function that prevents it. When this process itself was stopped meanwhile the time
 * starts again: the answer may wait in the socket, unread.
 */
export function startDeadline(ms: number, onLate: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const dueAt = performance.now() + ms;
    timer = setTimeout(() => (performance.now() - dueAt > stoppedMs ? arm() : onLate()), ms).unref();
  };
  arm();
  return () => clearTimeout(timer);
}
