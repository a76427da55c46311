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
  for (const actor of ["token:a", "terminal", "system"])
    store.audit.append({ actor, action: "approval/resolved", session: "main", details: { decision: "accept" } });
  store.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What the chain says after somebody with the file in hand did this. */
function brokenAfter(sql: string): number | undefined {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
  const store = new Store(file, { log: () => undefined });
  const broken = store.audit.firstBroken();
  store.close();
  return broken;
}

const unguarded = "DROP TRIGGER audit_update; DROP TRIGGER audit_delete;";

test("an audit trail that nobody touched is whole", () => {
  expect(brokenAfter("SELECT 1")).toBeUndefined();
});

test.each([
  ["another actor", "UPDATE audit SET actor = 'token:b' WHERE seq = 2", 2],
  ["another decision", `UPDATE audit SET details = '{"decision":"decline"}' WHERE seq = 1`, 1],
  ["a row that is gone", "DELETE FROM audit WHERE seq = 2", 2],
  ["another hash", "UPDATE audit SET hash = 'x' WHERE seq = 3", 3],
])("%s is found", (_, sql, seq) => {
  expect(() => brokenAfter(sql)).toThrow("the audit trail is only added to");
  expect(brokenAfter(`${unguarded} ${sql}`)).toBe(seq);
});

test("it goes on where it was after a restart, and reads in pages", () => {
  const store = new Store(file, { log: () => undefined });
  store.audit.append({ actor: "system", action: "approval/expired" });
  expect(store.audit.read(0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(store.audit.read(2, 1)).toMatchObject([{ seq: 3, actor: "system", session: "main" }]);
  expect(store.audit.firstBroken()).toBeUndefined();
  store.close();
});
