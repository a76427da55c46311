import { once } from "node:events";
import { connect } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const path = "/v1/sessions/main";

interface Event {
  readonly id: number | undefined;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Events until one is the last. */
async function follow(
  query: string,
  isLast: (event: Event) => boolean,
  { headers = {}, begin }: { headers?: Record<string, string>; begin?: () => Promise<unknown> } = {},
): Promise<Event[]> {
  const leaving = new AbortController();
  const response = await fetch(`${workspace.url}${path}/events${query}`, {
    headers: { ...authorized, ...headers },
    signal: leaving.signal,
  });
  expect(response.status).toBe(200);
  const begun = begin?.();
  const events: Event[] = [];
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const { id, event, data } = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      ) as Record<string, string | undefined>;
      if (event === undefined || data === undefined) continue;
      events.push({
        id: id === undefined ? undefined : Number(id),
        type: event,
        data: JSON.parse(data) as Record<string, unknown>,
      });
    }
    if (events.some(isLast)) break;
  }
  await begun;
  leaving.abort();
  const last = events.findIndex(isLast);
  return events.slice(0, last + 1);
}

const ended = (promptId: unknown) => (event: Event) =>
  event.type === "prompt/changed" && event.data["promptId"] === promptId && event.data["state"] === "completed";
const states = (events: Event[]): unknown[] =>
  events.filter(({ type }) => type === "prompt/changed").map(({ data }) => data["state"]);

test("a turn as events: prompt, turn, items, usage, status, under growing ids", async () => {
  let id: unknown;
  const events = await follow("", (event) => ended(id)(event), {
    begin: async () => {
      id = (await workspace.enqueue("#model: run echo hi"))["id"];
    },
  });
  expect(states(events)).toEqual(["queued", "sending", "running", "completed"]);
  const types = events.map(({ type }) => type);
  for (const type of ["session/status", "turn/started", "item/started", "usage/updated"]) expect(types).toContain(type);
  expect(types).not.toContain("item/delta");
  const completed = events.filter(({ type }) => type === "item/completed").map(({ data }) => data["item"]);
  expect(completed).toMatchObject([
    { type: "userMessage", clientId: id },
    { type: "commandExecution", exitCode: 0, aggregatedOutput: "hi\n" },
    { type: "agentMessage" },
  ]);
  const ids = events.map((event) => event.id!);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(new Set(ids).size).toBe(ids.length);
  expect(Date.parse(String(events[0]?.data["time"]))).toBeGreaterThan(Date.now() - 60_000);
});

test("a reader that comes back gets what it missed, once, and what comes then", async () => {
  const { id } = await workspace.enqueue("first");
  await workspace.ended(id);
  const whole = await follow("?after=0", ended(id));
  const middle = whole[Math.floor(whole.length / 2)]!.id!;
  const rest = whole.filter((event) => event.id! > middle);
  expect(await follow(`?after=${middle}`, ended(id))).toEqual(rest);
  expect(await follow("", ended(id), { headers: { "last-event-id": String(middle) } })).toEqual(rest);

  let next: unknown;
  const both = await follow(`?after=${middle}`, (event) => ended(next)(event), {
    begin: async () => {
      next = (await workspace.enqueue("second"))["id"];
    },
  });
  expect(both.slice(0, rest.length)).toEqual(rest);
  expect(states(both).slice(-4)).toEqual(["queued", "sending", "running", "completed"]);
});

test("with deltas an answer grows; they have no id, and together they are the completed item", async () => {
  let id: unknown;
  const events = await follow("?deltas=true", (event) => ended(id)(event), {
    begin: async () => {
      id = (await workspace.enqueue("#model: stream 20 chunks every 5ms"))["id"];
    },
  });
  const deltas = events.filter(({ type }) => type === "item/delta");
  expect(deltas.length).toBeGreaterThan(5);
  expect(deltas.every((event) => event.id === undefined && event.data["field"] === "text")).toBe(true);
  const item = events.findLast(({ type }) => type === "item/completed")?.data["item"] as { text: string; id: string };
  expect(deltas.map(({ data }) => data["delta"]).join("")).toBe(item.text);
  const begin = events.findIndex(
    ({ type, data }) => type === "item/started" && (data["item"] as { id: string }).id === item.id,
  );
  expect(events.indexOf(deltas[0]!)).toBeGreaterThan(begin);
});

test("an id that is unknown or not kept any more: 410", async () => {
  const answer = await workspace.get(`${path}/events?after=999999`);
  expect(answer).toMatchObject({ status: 410, body: { code: "EVENTS_GONE" } });
  expect((await workspace.get(`${path}/events?after=x`)).status).toBe(422);
});

test("a reader that stops reading delays nobody, and has missed nothing when it reads on", async () => {
  const { port, hostname } = new URL(workspace.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(`GET ${path}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await once(socket, "readable");
  socket.pause();

  const big = "x".repeat(900_000);
  const ids: unknown[] = [];
  for (let round = 0; round < 6; round++) ids.push((await workspace.enqueue(`${round} ${big}`))["id"]);
  const began = performance.now();
  await workspace.ended(ids.at(-1));
  expect(performance.now() - began).toBeLessThan(20_000);

  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.resume();
  const isTold = (id: unknown): boolean => new RegExp(`"promptId":"${String(id)}".*"state":"completed"`).test(text);
  await until(() => ids.every(isTold), "the slow reader to have everything");
  const seen = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  socket.destroy();
});

test("killed in the middle of a turn: the ids go on, and the end of the turn is told", async () => {
  for (const kill of ["wrapper", "app-server"] as const) {
    const { id } = await workspace.enqueue(`#model: run sleep 300`);
    await until(async () => (await childrenOf(workspace.pid, "sleep 300")).length > 0, "the command to run");
    const before = await follow("?after=0", ({ type, data }) => {
      return type === "prompt/changed" && data["promptId"] === id && data["state"] === "running";
    });
    if (kill === "wrapper") {
      await workspace.stop("SIGKILL");
      await workspace.start();
      await workspace.ready();
    } else {
      process.kill((await childrenOf(workspace.pid, "app-server"))[0]!, "SIGKILL");
    }
    const last = before.at(-1)!;
    const after = await follow(`?after=${last.id}`, ({ type, data }) => {
      return type === "session/status" && data["status"] === "idle";
    });
    expect(after.every((event) => event.id! > last.id!)).toBe(true);
    expect(after.filter(({ type }) => type === "turn/completed").map(({ data }) => data["turn"])).toMatchObject([
      { id: last.data["turnId"], status: "interrupted" },
    ]);
    expect(states(after)).toEqual(["interrupted"]);
  }
});

/** Every item, page by page; a page of large items is shorter than its limit. */
async function allItems(limit: number): Promise<{ item: { id: string } }[]> {
  const items: { item: { id: string } }[] = [];
  for (let cursor = ""; ;) {
    const { body } = await workspace.get(`${path}/items?limit=${limit}${cursor}`);
    const page = body as { items: typeof items; nextCursor?: string };
    items.push(...page.items);
    if (page.nextCursor === undefined) return items;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

test("items are as Codex has them: paged, by type, both ways, and still there after a restart", async () => {
  const { id } = await workspace.enqueue(
    '#model: reason thinking\n#model: write made.txt "one"\n#model: run cat made.txt\n#model: say done',
  );
  const { turnId } = await workspace.ended(id);
  const { body } = await workspace.get(`${path}/items?order=desc&limit=6`);
  const newest = body["items"] as { turnId: string; item: Record<string, unknown> }[];
  const ofTurn = newest.filter((entry) => entry.turnId === turnId).reverse();
  expect(ofTurn.map(({ item }) => item["type"])).toEqual([
    "userMessage",
    "reasoning",
    "fileChange",
    "commandExecution",
    "agentMessage",
  ]);
  expect(ofTurn[2]?.item).toMatchObject({ status: "completed", changes: [{ kind: { type: "add" } }] });
  expect(ofTurn[3]?.item).toMatchObject({ exitCode: 0, aggregatedOutput: "one\n" });
  const commands = await workspace.get(`${path}/items?type=commandExecution,fileChange&limit=500`);
  expect(
    (commands.body["items"] as { item: { type: string } }[]).every(({ item }) => /^(com|fil)/.test(item.type)),
  ).toBe(true);

  const before = await allItems(7);
  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await allItems(7)).toEqual(before);
});

test("a state that has no items yet gets them from Codex's history", async () => {
  const before = await allItems(500);
  await workspace.stop();
  const state = new DatabaseSync(join(workspace.layout.state, "wrapper.sqlite"));
  state.exec("DELETE FROM items");
  state.close();
  await workspace.start();
  await workspace.ready();
  const after = await allItems(500);
  const ids = (list: typeof before): string[] => list.map(({ item }) => item.id);
  expect(ids(after).filter((id) => ids(before).includes(id)).length).toBeGreaterThan(10);
});
