import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LoggedEvent } from "./event-log.ts";
import { Store } from "./store.ts";

let directory: string;
let store: Store;
let seen: LoggedEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "events-"));
  open();
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

function open(): void {
  store = new Store(join(directory, "store.sqlite"), {
    kept: { eventsPerSession: { rows: 100, bytes: 1024 ** 2 } },
    log: () => undefined,
  });
  for (const name of ["main", "other"]) store.sessions.ensure(name);
  seen = [];
  store.events.on("event", (event) => seen.push(event));
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
const turn = (turnId: string, session = "main"): void => store.events.append(session, "turn/started", { turnId });
const turnIds = (events: readonly Pick<LoggedEvent, "data">[]): unknown[] =>
  events.map(({ data }) => (JSON.parse(data) as { turnId: string }).turnId);

/** The events of a session after an id, read in pieces of a few bytes. */
function read(session: string, after: number, maxBytes = 7): { id: number; data: string }[] {
  const events: { id: number; data: string }[] = [];
  for (let [sent, pieces] = [after, [] as Uint8Array[]]; ;) {
    const offset = Buffer.concat(pieces).length;
    const { piece } = store.events.pieceAfter(session, sent, { offset, maxBytes });
    if (piece === undefined) return events;
    expect(piece.bytes.length).toBeLessThanOrEqual(maxBytes);
    pieces.push(piece.bytes);
    if (offset + piece.bytes.length < piece.size) continue;
    events.push({ id: piece.id, data: Buffer.concat(pieces).toString() });
    [sent, pieces] = [piece.id, []];
  }
}

test("an event is seen when it is on disk, in the order in which things happened", async () => {
  turn("a");
  store.events.pass("main", "item/delta", { turnId: "b", itemId: "i", field: "text", delta: "…" });
  turn("c");
  expect(seen).toEqual([]);
  await tick();
  expect(turnIds(seen)).toEqual(["a", "b", "c"]);
  expect(seen.map(({ id }) => id)).toEqual([1, undefined, 2]);
  expect(turnIds(read("main", 0))).toEqual(["a", "c"]);
});

test("events are read by session, after an id", () => {
  for (const id of ["a", "b", "c", "d"]) turn(id, id === "b" ? "other" : "main");
  expect(turnIds(read("main", 1))).toEqual(["c", "d"]);
  expect(turnIds(read("main", 3))).toEqual(["d"]);
  expect(turnIds(read("other", 0))).toEqual(["b"]);
  expect(store.events.lastId).toBe(4);
});

test("an event is read whole from pieces that split its characters", () => {
  const text = "a\u0000ß€😀".repeat(50);
  turn(text);
  for (const maxBytes of [1, 2, 3, 5, 1000]) expect(turnIds(read("main", 0, maxBytes))).toEqual([text]);
});

test("the oldest of a session go, no id comes twice, and what is gone is known", () => {
  turn("kept", "other");
  for (let count = 0; count < 1000; count++) turn(`t${count}`);
  const kept = read("main", 0, 1000);
  expect(kept.length).toBeGreaterThanOrEqual(100);
  expect(kept.length).toBeLessThan(700);
  expect(store.events.goneUpTo("main")).toBe(kept[0]!.id - 1);
  expect(store.events.goneUpTo("other")).toBe(0);
  expect(turnIds(read("other", 0))).toEqual(["kept"]);

  const last = store.events.lastId;
  store.close();
  open();
  turn("next");
  expect(store.events.lastId).toBe(last + 1);
});

test("a prompt's changes are events too", async () => {
  const actor = "system";
  const input = [{ type: "text" as const, text: "x" }];
  store.prompts.add({ actor, id: "p", session: "main", request: { input, whenBusy: "queue" } });
  expect(seen).toHaveLength(1);
  store.prompts.sending("p");
  store.prompts.running("p", "turn");
  store.prompts.ended("p", { state: "failed", error: "no" });
  await tick();
  expect(seen.map(({ type, data }) => [type, JSON.parse(data) as object])).toMatchObject([
    ["prompt/changed", { promptId: "p", state: "queued" }],
    ["prompt/changed", { promptId: "p", state: "sending" }],
    ["prompt/changed", { promptId: "p", state: "running", turnId: "turn" }],
    ["prompt/changed", { promptId: "p", state: "failed", turnId: "turn", error: "no" }],
  ]);
});
