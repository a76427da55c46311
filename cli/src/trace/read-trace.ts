import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseTraceEntry, type TraceEntry } from "@codex-workspace/core";
import type { Service } from "../engines/engine.ts";

export type Gateway = Exclude<Service, "workspace">;

/** A request, and who carried or refused it. */
export interface TracedRequest extends TraceEntry {
  readonly gateway: Gateway;
}

/** The logs of a workspace's gateways, each from its beginning. */
export type GatewayLogs = ReadonlyMap<Gateway, AsyncIterable<Uint8Array>>;

/** What gateways have logged of requests, by time. */
export async function readTrace(logs: GatewayLogs): Promise<TracedRequest[]> {
  const requests: TracedRequest[] = [];
  for await (const request of asTheyCome(requestsOf(logs))) requests.push(request);
  return requests.sort((one, other) => one.time - other.time);
}

/** The same as it comes, of logs that are followed, but for what is known already. */
export async function* followTrace(
  logs: GatewayLogs,
  known: readonly TracedRequest[],
): AsyncGenerator<TracedRequest, void, undefined> {
  // Counted: two requests may look the same.
  const past = Map.groupBy(known, (request) => JSON.stringify(request));
  for await (const request of asTheyCome(requestsOf(logs))) {
    if (past.get(JSON.stringify(request))?.pop() === undefined) yield request;
  }
}

function requestsOf(logs: GatewayLogs): AsyncGenerator<TracedRequest, void, undefined>[] {
  return [...logs].map(([gateway, log]) => requestsIn(log, gateway));
}

async function* requestsIn(
  log: AsyncIterable<Uint8Array>,
  gateway: Gateway,
): AsyncGenerator<TracedRequest, void, undefined> {
  for await (const line of linesOf(log)) {
    const entry = parseTraceEntry(line);
    if (entry !== undefined) yield { ...entry, gateway };
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

async function* asTheyCome<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, undefined> {
  const all = new PassThrough({ objectMode: true });
  const done = Promise.all(sources.map((source) => pipeline(Readable.from(source), all, { end: false }))).then(
    () => all.end(),
    (error: unknown) => all.destroy(error as Error),
  );
  yield* all as AsyncIterable<T>;
  await done;
}
