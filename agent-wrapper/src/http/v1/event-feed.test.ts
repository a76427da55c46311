import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Store } from "../../session/store.ts";
import { heartbeatMs } from "../event-stream.ts";
import { EventFeed } from "./event-feed.ts";

let directory: string;
let store: Store;
let url: string;
const server = createServer((_request, response) => {
  new EventFeed(response, { log: store.events, session: "main", after: 0, deltas: true });
});

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "feed-"));
  store = new Store(join(directory, "store.sqlite"), {
    kept: { eventsPerSession: { rows: 10, bytes: 1024 ** 2 } },
    log: () => undefined,
  });
  store.sessions.ensure("main");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  store.close();
  rmSync(directory, { recursive: true });
});

const append = (turnId: string): void => store.events.append("main", "turn/started", { turnId });
/** More than the buffers of both sides of a connection take. */
const huge = "h".repeat(32 * 1024 * 1024);

/** A reader that has seen the head of the answer, and reads no more yet. */
async function open(): Promise<IncomingMessage> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  return response;
}

/** What the reader is sent until the stream ends, or until it has this text. */
async function readOn(response: IncomingMessage, until?: string): Promise<{ text: string; isWhole: boolean }> {
  const parts: string[] = [];
  response.setEncoding("utf8");
  try {
    for await (const part of response) {
      parts.push(part as string);
      if (until !== undefined && (part as string).includes(until)) break;
    }
    return { text: parts.join(""), isWhole: true };
  } catch {
    return { text: parts.join(""), isWhole: false };
  }
}

/** Types of the events that end with a blank line. */
const types = (text: string): string[] =>
  [...text.matchAll(/^event: (.*)\ndata: .*\n\n/gm)].map(([, type = ""]) => type);

test("a session that is deleted between two events tells so at the end", async () => {
  append("a");
  const response = await open();
  store.forget("main", "system");
  const { text, isWhole } = await readOn(response);
  expect(isWhole).toBe(true);
  expect(types(text).at(-1)).toBe("session/deleted");
});

test("a session that is deleted in the middle of an event cuts the stream", async () => {
  append(huge);
  const response = await open();
  store.forget("main", "system");
  const { text, isWhole } = await readOn(response);
  expect(isWhole).toBe(false);
  expect(types(text)).toEqual([]);
});

test("an event that is pruned while it is read cuts the stream", async () => {
  append(huge);
  const response = await open();
  for (let count = 0; count < 1_000; count++) append(`t${count}`);
  expect(store.events.goneUpTo("main")).toBeGreaterThan(1);
  const { text, isWhole } = await readOn(response);
  expect(isWhole).toBe(false);
  expect(types(text)).toEqual([]);
});

test("a reader between two events whose rest is pruned is told up to where", async () => {
  const response = await open();
  const half = "h".repeat(60 * 1024);
  for (let count = 0; count < 1_000; count++) append(half);
  const { text, isWhole } = await readOn(response, "events/gone");
  expect(isWhole).toBe(true);
  const told = types(text);
  expect(told.at(-1)).toBe("events/gone");
  expect(told.slice(0, -1).every((type) => type === "turn/started")).toBe(true);
});

test("no heartbeat comes into the middle of an event, and one comes after the last", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  append(huge);
  const response = await open();
  for (let count = 0; count < 100; count++) vi.advanceTimersByTime(heartbeatMs);
  const beats = setInterval(() => undefined, heartbeatMs);
  const reading = readOn(response, ": heartbeat");
  while (vi.getTimerCount() > 0) {
    vi.advanceTimersByTime(heartbeatMs);
    await new Promise(setImmediate);
    if (response.readableEnded || response.destroyed) break;
  }
  clearInterval(beats);
  const { text } = await reading;
  expect(types(text)).toEqual(["turn/started"]);
  expect(text.indexOf(": heartbeat") > text.indexOf(huge.slice(0, 100))).toBe(true);
  const [, data = ""] = /^data: (.*)$/m.exec(text) ?? [];
  expect((JSON.parse(data) as { turnId: string }).turnId === huge).toBe(true);
});

test("pieces of items keep their place between events while a reader keeps up", async () => {
  const response = await open();
  await new Promise(setImmediate);
  for (let count = 0; count < 20; count++) {
    append(`t${count}`);
    store.events.pass("main", "item/delta", { turnId: "t", itemId: "i", field: "text", delta: `d${count}` });
  }
  append("last");
  const { text } = await readOn(response, '"last"');
  const names = [...text.matchAll(/"(?:turnId":"t|delta":"d|turnId":"las)(t?\d*)"/g)].map(([, name]) => name);
  expect(names.filter((name) => name !== "")).toEqual([
    ...Array.from({ length: 20 }, (_, count) => [String(count), String(count)]).flat(),
    "t",
  ]);
});
