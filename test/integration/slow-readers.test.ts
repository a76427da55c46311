import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createClient } from "@codex-workspace/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { memoryMiB, openSilentReader, openSilentReaders, resetPeak } from "../support/silent-reader.ts";
import { serverSentEvents, until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";

/** Documented in docs/security.md: memory of a reader that reads nothing. */
const readerKiB = 256;
/** The wrapper's own work meanwhile, and what its collector has not freed yet. */
const slackMiB = 96;
const readers = 50;

const eventsPath = "/v1/sessions/main/events?after=0";
const ids = { last: 0 };
let workspace: TestWorkspace;
let sockets: Socket[] = [];

beforeAll(async () => {
  workspace = await TestWorkspace.start();
  // Conversation of more than 8 MiB as events, which are cut at 127 KiB.
  const text = "m".repeat(130_000);
  for (let turn = 0; turn < 36; turn++) await workspace.ask(`${turn} ${text}`);
  await workspace.stop();
  storeEvents();
  await workspace.start();
  await workspace.ready();
}, 300_000);
afterAll(() => workspace[Symbol.asyncDispose]());
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
});

/** 50 MiB of events: most of some KiB, some of several MiB, with characters of one to four bytes. */
function storeEvents(): void {
  const state = new DatabaseSync(join(workspace.layout.state, "wrapper.sqlite"));
  state.exec("DELETE FROM events");
  const insert = state.prepare("INSERT INTO events (session, type, data) VALUES ('main', 'item/completed', ?)");
  const add = (index: number, length: number): void => {
    const item = { type: "agentMessage", id: `i${index}`, text: `${index} ${"aß€😀".repeat(length / 10)}` };
    const { lastInsertRowid } = insert.run(JSON.stringify({ time: "2026-01-02T03:04:05.678Z", turnId: "t", item }));
    ids.last = Number(lastInsertRowid);
  };
  state.exec("BEGIN");
  for (let index = 0; index < 3000; index++) add(index, 10_000);
  for (let index = 0; index < 5; index++) add(index, 4 * 1024 * 1024);
  state.exec("COMMIT");
  state.close();
}

test.each([
  ["events of a session", () => eventsPath],
  ["events of several MiB", () => `/v1/sessions/main/events?after=${ids.last - 2}`],
  ["events of AgentAPI", () => "/events"],
  ["the messages of AgentAPI", () => "/messages"],
])("50 silent readers of %s cost little memory, however often they come", async (_, pathOf) => {
  const path = pathOf();
  await workspace.get("/status");
  const before = await memoryMiB(workspace.pid);
  await resetPeak(workspace.pid);
  for (let wave = 0; wave < 3; wave++) {
    sockets = await openSilentReaders(readers, workspace.url, { path, token });
    expect((await workspace.get("/status")).status).toBe(200);
    for (const socket of sockets.splice(0)) socket.destroy();
    await until(async () => (await openStreams()) === 0, "the readers' streams to end");
  }
  const { peak } = await memoryMiB(workspace.pid);
  console.log(`${path}: ${before.now.toFixed()} MiB before, ${peak.toFixed()} MiB at most`);
  expect(peak - before.now).toBeLessThan((readers * readerKiB) / 1024 + slackMiB);
});

async function openStreams(): Promise<number> {
  const { body } = await workspace.get("/metrics");
  const samples = String(body["text"]).matchAll(/^codex_workspace_streams\{kind="events"\} (\d+)$/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Whether the last event that is kept has arrived whole. */
const hasLast = ({ lastId, tail }: Body): boolean =>
  (lastId ?? 0) > ids.last || (lastId === ids.last && tail.endsWith("\n\n"));

test("a reader that pauses gets every event once, in order and byte for byte", async () => {
  const text = await readSlowly(eventsPath, hasLast);
  const state = new DatabaseSync(join(workspace.layout.state, "wrapper.sqlite"), { readOnly: true });
  const rows = state.prepare("SELECT id, type, data FROM events WHERE id <= ? ORDER BY id").all(ids.last);
  state.close();
  const wanted = rows
    .map(({ id, type, data }) => `id: ${String(id)}\nevent: ${String(type)}\ndata: ${String(data)}\n\n`)
    .join("");
  expect(text.startsWith(`id: 0\n\n${wanted}`)).toBe(true);
});

test("a reader that was cut in a large event resumes after the last whole one", async () => {
  const large = ids.last - 2;
  const query = `/v1/sessions/main/events?after=${large - 2}`;
  const cut = await readSlowly(query, ({ length }) => length > 3_000_000);
  expect(cut.includes(`id: ${large + 1}\n`)).toBe(false);
  const headers = [`Last-Event-ID: ${large - 1}`];
  const rest = await readSlowly("/v1/sessions/main/events", hasLast, headers);
  const seen = [...rest.matchAll(/^id: (\d+)\nevent/gm)].map(([, id]) => Number(id));
  expect(seen.slice(0, 3)).toEqual([large, large + 1, large + 2]);
  for (const [, data = ""] of rest.matchAll(/^data: (.*)$/gm)) JSON.parse(data);
});

/** Reads an answer with pauses that fill every buffer between, until enough is there; the body without its framing. */
async function readSlowly(path: string, isEnough: (body: Body) => boolean, headers = ["X: y"]): Promise<string> {
  const socket = openSilentReader(workspace.url, { path, token, headers });
  sockets.push(socket);
  const body = new Body();
  while (!isEnough(body)) {
    if (socket.readableLength === 0) await once(socket, "readable");
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) body.add(chunk);
    // The wrapper has its turn: its buffers and the kernel's fill up.
    await new Promise(setImmediate);
  }
  return body.text();
}

/** The body of an answer with chunked transfer encoding: an event begins with a chunk. */
class Body {
  #rest: Buffer = Buffer.alloc(0);
  #isHead = true;
  readonly #parts: string[] = [];
  readonly #decoder = new TextDecoder();
  lastId: number | undefined;
  tail = "";
  length = 0;

  add(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#isHead) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#rest = this.#rest.subarray(end + 4);
      this.#isHead = false;
    }
    for (;;) {
      const end = this.#rest.indexOf("\r\n");
      const length = Number.parseInt(this.#rest.subarray(0, Math.max(end, 0)).toString() || "0", 16);
      if (end < 0 || this.#rest.length < end + 2 + length + 2) return;
      this.tail = this.#decoder.decode(this.#rest.subarray(end + 2, end + 2 + length), { stream: true });
      this.#rest = this.#rest.subarray(end + 2 + length + 2);
      const id = /^id: (\d+)\n/.exec(this.tail)?.[1];
      if (id !== undefined) this.lastId = Number(id);
      this.length += this.tail.length;
      this.#parts.push(this.tail);
    }
  }

  text(): string {
    return this.#parts.join("");
  }
}

test("a conversation above 8 MiB opens for a new reader, in order, then the status", async () => {
  const messages = await workspace.messages();
  const response = await fetch(`${workspace.url}/events`, { headers: authorized, signal: AbortSignal.timeout(30_000) });
  const seen: unknown[] = [];
  let bytes = 0;
  for await (const { event, data } of serverSentEvents(response)) {
    bytes += JSON.stringify(data).length;
    seen.push(data["id"] ?? data["status"]);
    if (event === "status_change") break;
  }
  expect(bytes).toBeGreaterThan(8 * 1024 * 1024);
  expect(seen).toEqual([...messages.map(({ id }) => id), "stable"]);
});

test("a prompt to a conversation above 8 MiB returns its answer", async () => {
  const client = createClient({ baseUrl: workspace.url, token });
  expect((await client.prompt("still there?")).content).toBe("Echo: still there?");
});

test("changes during a slow snapshot arrive after it, in order and once", async () => {
  const response = await fetch(`${workspace.url}/events`, { headers: authorized, signal: AbortSignal.timeout(60_000) });
  const before = (await workspace.messages()).length;
  const events = serverSentEvents(response);
  const first = await events.next();
  const seen = first.done === true ? [] : [first.value];
  for (const prompt of ["#model: stream 40 chunks every 5ms", "second"]) await workspace.ask(prompt);
  const messages = await workspace.messages();
  for (let event = await events.next(); event.done !== true; event = await events.next()) {
    seen.push(event.value);
    if (event.value.event === "status_change") break;
  }
  await events.return(undefined);
  const updates = seen.flatMap(({ event, data }) => (event === "message_update" ? [data] : []));
  expect(updates.map(({ id }) => id)).toEqual(messages.map(({ id }) => id));
  expect(updates.slice(before).map(({ message }) => message)).toEqual(
    messages.slice(before).map(({ content }) => content),
  );
});

test("a turn during 50 silent snapshots cuts no reader, and a fast one gets it all", async () => {
  const before = await memoryMiB(workspace.pid);
  await resetPeak(workspace.pid);
  sockets = await openSilentReaders(readers, workspace.url, { path: "/events", token });
  const leaving = new AbortController();
  const response = await fetch(`${workspace.url}/events`, {
    headers: authorized,
    signal: leaving.signal,
  });
  const seen = new Map<number, string>();
  const reading = (async () => {
    for await (const { event, data } of serverSentEvents(response)) {
      if (event === "message_update") seen.set(Number(data["id"]), String(data["message"]));
    }
  })().catch(() => undefined);
  // The silent readers are in the middle of their snapshots: nothing of the turn is kept for them.
  await workspace.ask("#model: stream 3000 chunks every 0ms");
  expect(await openStreams()).toBe(readers + 1);
  const { peak } = await memoryMiB(workspace.pid);
  expect(peak - before.now).toBeLessThan((readers * readerKiB) / 1024 + slackMiB);
  const last = (await workspace.messages()).at(-1)!;
  await until(() => seen.get(last.id) === last.content, "the fast reader to have the last message");
  leaving.abort();
  await reading;
});
