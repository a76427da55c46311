import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "./store.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "audit-"));
  file = join(directory, "wrapper.sqlite");
  const store = new Store(file, { log: () => undefined });
  for (const actor of ["token:a", "terminal", "system"] as const)
    store.audit.append({ actor, action: "approval/resolved", session: "main", details: { decision: "accept" } });
  store.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each(["UPDATE audit SET actor = 'token:b' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"])(
  "an entry is not changed by accident: %s",
  (sql) => {
    const database = new DatabaseSync(file);
    expect(() => database.exec(sql)).toThrow("the audit trail is only added to");
    database.close();
  },
);

test("it goes on where it was after a restart, and reads in pages", () => {
  const store = new Store(file, { log: () => undefined });
  store.audit.append({ actor: "system", action: "approval/expired" });
  expect(store.audit.read(0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(store.audit.read(2, 1)).toMatchObject([{ seq: 3, actor: "system", session: "main" }]);
  store.close();
});

test("each entry has the hash of the one before it", () => {
  const store = new Store(file, { log: () => undefined });
  const entries = store.audit.read(0, 10);
  expect(entries.map(({ previousHash }) => previousHash)).toEqual([
    "0".repeat(64),
    ...entries.slice(0, -1).map(({ hash }) => hash),
  ]);
  store.close();
});

test("what is done and its entry are one: where the entry cannot be written, nothing is done", () => {
  const blocker = new DatabaseSync(file);
  blocker.exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END");
  blocker.close();
  const store = new Store(file, { log: () => undefined });
  const request = { input: [{ type: "text" as const, text: "do it" }], whenBusy: "queue" as const };
  expect(() => store.prompts.add({ id: "p", session: "main", request, actor: "token:a" })).toThrow("no room");
  expect(() => store.sessions.add({ name: "other", settings: {}, actor: "token:a" })).toThrow("no room");
  expect(() => store.audit.record({ actor: "token:a", action: "ticket/issued" })).toThrow("no room");
  expect([store.prompts.get("main", "p"), store.sessions.get("other")]).toEqual([undefined, undefined]);
  store.close();
});
