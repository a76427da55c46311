import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "./store.ts";
import type { TokenStore } from "./token-store.ts";

let directory: string;
const opened: Store[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tokens-"));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(directory, { recursive: true });
});

function open(): TokenStore {
  const store = new Store(join(directory, "store.sqlite"), { log: () => undefined });
  opened.push(store);
  return store.tokens;
}

/** The wrapper is killed, once what it was told is on disk, and started again. */
async function killed(): Promise<TokenStore> {
  await new Promise((resolve) => setImmediate(resolve));
  return open();
}

const [today, tomorrow] = ["2027-01-31", "2027-02-01"];

test("each request counts once, of every thread, on its day", () => {
  const tokens = open();
  tokens.count(today, { threadId: "a", total: 100, last: 100 });
  tokens.count(today, { threadId: "a", total: 130, last: 30 });
  tokens.count(today, { threadId: "a", total: 130, last: 30 });
  tokens.count(today, { threadId: "subagent", total: 7, last: 7 });
  tokens.count(tomorrow, { threadId: "a", total: 135, last: 5 });
  expect([tokens.usedOn(today), tokens.usedOn(tomorrow)]).toEqual([137, 5]);
});

test("a kill counts nothing twice, and what was used unseen is counted when it is told", async () => {
  open().count(today, { threadId: "a", total: 100, last: 100 });
  const tokens = await killed();
  expect(tokens.usedOn(today)).toBe(100);
  // As Codex tells it of a thread that is resumed.
  tokens.count(today, { threadId: "a", total: 100, last: 100 });
  expect(tokens.usedOn(today)).toBe(100);
  const again = await killed();
  again.count(today, { threadId: "a", total: 160, last: 20 });
  expect(again.usedOn(today)).toBe(160);
  expect((await killed()).usedOn(today)).toBe(160);
});

test("what a fork has of its parent does not count, nor a past that was never seen but for its last request", async () => {
  const tokens = open();
  tokens.count(today, { threadId: "parent", total: 100, last: 100 });
  tokens.forked("fork", "parent");
  tokens.count(today, { threadId: "fork", total: 106, last: 6 });
  expect(tokens.usedOn(today)).toBe(106);
  tokens.forked("of an unknown thread", "unknown");
  tokens.count(today, { threadId: "of an unknown thread", total: 1004, last: 4 });
  expect(tokens.usedOn(today)).toBe(110);

  tokens.forked("fork of a fork", "fork");
  const later = await killed();
  later.count(today, { threadId: "fork of a fork", total: 107, last: 1 });
  expect(later.usedOn(today)).toBe(111);
});

test("a Codex that lost a part of a thread's total goes on from what it has", () => {
  const tokens = open();
  tokens.count(today, { threadId: "a", total: 100, last: 100 });
  tokens.count(today, { threadId: "a", total: 80, last: 80 });
  expect(tokens.usedOn(today)).toBe(100);
  tokens.count(today, { threadId: "a", total: 90, last: 10 });
  expect(tokens.usedOn(today)).toBe(110);
});

test("what the disk does not take is counted all the same, and is on disk when it does", async () => {
  const tokens = open();
  const other = new DatabaseSync(join(directory, "store.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  tokens.count(today, { threadId: "a", total: 100, last: 100 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(tokens.usedOn(today)).toBe(100);
  other.exec("ROLLBACK");
  other.close();
  opened.pop()?.close();
  expect(open().usedOn(today)).toBe(100);
});
