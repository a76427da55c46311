import { setTimeout as delay } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import { Journal } from "./journal.ts";

let database: DatabaseSync;
let journal: Journal;
let problems: string[];
/** What was said to be on disk. */
let told: string[];

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE lines (text TEXT NOT NULL) STRICT");
  problems = [];
  told = [];
  journal = new Journal(database, (message) => problems.push(message));
});

const insert = (text: string) => () => {
  database.prepare("INSERT INTO lines VALUES (?)").run(text);
  return () => void told.push(text);
};
const insertNowhere = () => {
  database.exec("INSERT INTO nowhere VALUES (1)");
  return undefined;
};
const lines = (): unknown[] =>
  database
    .prepare("SELECT text FROM lines ORDER BY rowid")
    .all()
    .map(({ text }) => text);
const long = "x".repeat(100_000);
/** The disk has this many pages more, or none. */
const room = (pages: number): void => {
  const { page_count: used } = database.prepare("PRAGMA page_count").get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${used + pages}`);
};

test("what is written waits for the end of the tick; what is written now comes after it", async () => {
  journal.write(insert("a"));
  journal.write(insert("b"));
  expect(lines()).toEqual([]);
  journal.now(insert("c"));
  expect(lines()).toEqual(["a", "b", "c"]);
  journal.write(insert("d"));
  await delay(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines()).toEqual(["a", "b", "c", "d"]);
  expect(told).toEqual(["a", "b", "c", "d"]);
});

test("a full disk refuses what must be written now, and nothing of it stays", () => {
  room(0);
  expect(() => journal.now(insert(long))).toThrow(expect.objectContaining({ code: "STATE_NOT_WRITABLE" }));
  expect(lines()).toEqual([]);
  room(1000);
  journal.now(insert("after"));
  expect(lines()).toEqual(["after"]);
});

test("what a full disk kept from being written is written later, in its order", async () => {
  room(0);
  journal.write(insert(long));
  journal.write(insert("second"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines()).toEqual([]);
  expect(problems).toHaveLength(1);
  expect(told).toEqual([]);
  expect(() => journal.now(insert("third"))).toThrow(expect.objectContaining({ code: "STATE_NOT_WRITABLE" }));
  room(1000);
  await delay(1100);
  expect(lines()).toEqual([long, "second"]);
  expect(told).toEqual([long, "second"]);
});

test("an error of ours is no full disk", () => {
  expect(() => journal.now(insertNowhere)).toThrow(/no such table/);
});
