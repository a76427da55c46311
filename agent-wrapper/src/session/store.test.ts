import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "./store.ts";

let directory: string;
let store: Store;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "store-"));
  store = new Store(join(directory, "store.sqlite"));
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const unfinished = (): [string, string][] => store.unfinished("main").map(({ text, state }) => [text, state]);

test("a prompt that was added is there for whoever opens the file next, also without a close", () => {
  store.add({ id: "1", session: "main", text: "do it", state: "queued" });
  const other = new Store(join(directory, "store.sqlite"));
  expect(other.unfinished("main")).toMatchObject([{ id: "1", text: "do it", state: "queued" }]);
  other.close();
});

test("an initial prompt is added once for each text and session", () => {
  const add = (session: string, text: string): boolean => store.addInitial({ id: `${session}${text}`, session, text });
  expect([add("main", "a"), add("main", "b"), add("other", "a")]).toEqual([true, true, true]);
  expect(store.addInitial({ id: "again", session: "main", text: "a" })).toBe(false);
  expect(unfinished()).toHaveLength(2);
});

test("the same text as a prompt is a prompt each time", () => {
  for (const id of ["1", "2"]) store.add({ id, session: "main", text: "same", state: "queued" });
  expect(unfinished()).toHaveLength(2);
});

test("what became of a turn is what became of its prompts, and of no others", () => {
  for (const id of ["1", "2", "3"]) store.add({ id, session: "main", text: id, state: "queued" });
  store.started("1", "turn-1");
  store.started("2", "turn-2");
  store.turnEnded("turn-1", "completed");
  expect(unfinished()).toEqual([
    ["2", "running"],
    ["3", "queued"],
  ]);
});

test("a session is found by its name, with its thread", () => {
  expect(store.session("main")).toBeUndefined();
  const createdAt = new Date("2026-01-02T03:04:05.000Z");
  store.saveSession("main", "thread-1", createdAt);
  expect(store.session("main")).toEqual({ threadId: "thread-1", createdAt });
});

test("a session that begins anew has no thread and gets its initial prompt again; what else waits still waits", () => {
  for (const session of ["main", "other"]) {
    store.saveSession(session, `thread of ${session}`, new Date());
    store.addInitial({ id: `sent to ${session}`, session, text: "begin" });
    store.started(`sent to ${session}`, "turn-1");
  }
  store.addInitial({ id: "not sent", session: "main", text: "begin otherwise" });
  store.add({ id: "waits", session: "main", text: "go on", state: "queued" });
  store.beginAnew("main");
  expect(store.session("main")).toBeUndefined();
  expect(store.session("other")?.threadId).toBe("thread of other");
  expect(unfinished()).toEqual([
    ["begin", "running"],
    ["go on", "queued"],
  ]);
  expect(store.addInitial({ id: "again", session: "main", text: "begin" })).toBe(true);
  expect(store.addInitial({ id: "again, other", session: "other", text: "begin" })).toBe(false);
});
