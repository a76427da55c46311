import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clientKey } from "./prompt-store.ts";
import { Store } from "./store.ts";

let directory: string;
const opened: Store[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(directory, { recursive: true });
});

function open(): Store {
  const store = new Store(join(directory, "store.sqlite"), {
    kept: { eventsPerSession: { rows: 100, bytes: 1024 ** 2 } },
    log: () => undefined,
  });
  opened.push(store);
  return store;
}

const actor = "token:a";
const text = (words: string) => ({ input: [{ type: "text" as const, text: words }], whenBusy: "queue" as const });

test("a prompt that was added is there for whoever opens the file next, also without a close", () => {
  open().prompts.add({ actor, id: "1", session: "main", request: text("do it") });
  expect(open().prompts.unfinished("main")).toMatchObject([{ id: "1", request: text("do it"), state: "queued" }]);
});

test("what becomes of a prompt is read back at once, and is on disk at the end of the tick", async () => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: text("do it") });
  prompts.sending("1");
  prompts.running("1", "turn-1");
  const usage = { totalTokens: 3, inputTokens: 2, cachedInputTokens: 0, outputTokens: 1, reasoningOutputTokens: 0 };
  prompts.ended("1", { state: "completed", finalMessage: "done", usage });
  const ended = { state: "completed", turnId: "turn-1", finalMessage: "done", usage, error: undefined };
  expect(prompts.get("main", "1")).toMatchObject(ended);
  expect(prompts.unfinished("main")).toEqual([]);

  prompts.add({ actor, id: "2", session: "main", request: text("and this") });
  prompts.ended("2", { state: "failed", error: "no" });
  await new Promise((resolve) => setImmediate(resolve));
  expect(open().prompts.get("main", "2")).toMatchObject({ state: "failed", error: "no" });
});

test("what becomes of a prompt is seen while the disk does not take it, and is on disk when it does", async () => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: text("do it") });
  prompts.sending("1");
  const other = new DatabaseSync(join(directory, "store.sqlite"));
  other.exec("BEGIN IMMEDIATE");
  prompts.running("1", "turn-1");
  prompts.ended("1", { state: "completed", finalMessage: "done" });
  const ended = { state: "completed", turnId: "turn-1", finalMessage: "done" };
  await new Promise((resolve) => setImmediate(resolve));
  expect(prompts.get("main", "1")).toMatchObject(ended);
  expect(open().prompts.get("main", "1")).toMatchObject({ state: "sending" });
  other.close();
  // The next write takes along what waits.
  prompts.add({ actor, id: "2", session: "main", request: text("and this") });
  expect(prompts.get("main", "1")).toMatchObject(ended);
  expect(open().prompts.get("main", "1")).toMatchObject(ended);
});

test("prompts are listed in the order they came in, by state, page by page", () => {
  const { prompts } = open();
  for (const id of ["a", "b", "c", "d"]) prompts.add({ actor, id, session: "main", request: text(id) });
  prompts.add({ actor, id: "e", session: "other", request: text("e") });
  prompts.cancelled("b", actor);
  const ids = (page: Parameters<typeof prompts.page>[1]): string[] => prompts.page("main", page).map(({ id }) => id);
  expect(ids({ states: [], after: 0, limit: 10 })).toEqual(["a", "b", "c", "d"]);
  expect(ids({ states: ["queued"], after: 1, limit: 1 })).toEqual(["c"]);
  expect(ids({ states: ["queued", "cancelled"], after: 0, limit: 3 })).toEqual(["a", "b", "c"]);
});

test("a key names one prompt of a session", () => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: text("a"), sameKey: "client:k" });
  expect(prompts.withKey("main", "client:k")).toMatchObject({ id: "1" });
  expect(prompts.withKey("other", "client:k")).toBeUndefined();
  expect(() => prompts.add({ actor, id: "2", session: "main", request: text("b"), sameKey: "client:k" })).toThrow(
    /UNIQUE/,
  );
  prompts.add({ actor, id: "3", session: "other", request: text("a"), sameKey: "client:k" });
});

test("a session keeps its thread, its pause and the model to go back to", () => {
  const { sessions } = open();
  expect(sessions.get("main")).toBeUndefined();
  const made = sessions.ensure("main");
  expect(made).toMatchObject({ name: "main", threadId: undefined, queuePaused: false, restore: undefined });
  sessions.saveThread("main", "thread-1");
  sessions.savePaused("main", true, actor);
  sessions.saveRestore("main", { model: "m", effort: null });
  expect(open().sessions.ensure("main")).toEqual({
    ...made,
    threadId: "thread-1",
    queuePaused: true,
    restore: { model: "m", effort: null },
  });
});

test("the file of the first release is carried on, its initial prompt included", () => {
  const first = new DatabaseSync(join(directory, "store.sqlite"));
  first.exec(`
    CREATE TABLE sessions (name TEXT PRIMARY KEY, thread_id TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
    CREATE TABLE prompts (id TEXT PRIMARY KEY, session TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL,
      turn_id TEXT, initial_hash TEXT UNIQUE, created_at TEXT NOT NULL) STRICT;
    INSERT INTO sessions VALUES ('main', 'thread-1', '2026-01-02T03:04:05.000Z');
    INSERT INTO prompts VALUES ('i', 'main', 'first', 'running', 'turn-1', 'abc', '2026-01-02T03:04:06.000Z');
    INSERT INTO prompts VALUES ('q', 'main', 'say "x"', 'queued', NULL, NULL, '2026-01-02T03:04:07.000Z');`);
  first.close();

  const { sessions, prompts } = open();
  expect(sessions.ensure("main")).toMatchObject({ threadId: "thread-1", createdAt: new Date("2026-01-02T03:04:05Z") });
  expect(prompts.unfinished("main")).toMatchObject([
    { id: "i", state: "running", turnId: "turn-1", request: text("first") },
    { id: "q", state: "queued", request: text('say "x"') },
  ]);
  expect(prompts.withKey("main", "initial:abc")).toMatchObject({ id: "i" });
});

test("the file of a later release is refused, and left as it is", () => {
  const later = new DatabaseSync(join(directory, "store.sqlite"));
  later.exec("PRAGMA user_version = 99");
  later.close();
  expect(open).toThrow(expect.objectContaining({ code: "STATE_UNREADABLE" }));
});

test("a session that begins anew has no thread and gets its initial prompt again; what else waits still waits", () => {
  const store = open();
  const { prompts, sessions } = store;
  for (const session of ["main", "other"]) {
    sessions.ensure(session);
    sessions.saveThread(session, `thread of ${session}`);
    prompts.add({ actor, id: `sent to ${session}`, session, request: text("begin"), sameKey: "initial:1" });
    prompts.sending(`sent to ${session}`);
  }
  prompts.add({ actor, id: "not sent", session: "main", request: text("begin otherwise"), sameKey: "initial:2" });
  prompts.add({ actor, id: "waits", session: "main", request: text("go on"), sameKey: "client:1" });
  store.beginAnew("main");
  expect(sessions.get("main")?.threadId).toBeUndefined();
  expect(sessions.get("other")?.threadId).toBe("thread of other");
  expect(prompts.unfinished("main").map(({ id, state }) => [id, state])).toEqual([
    ["sent to main", "sending"],
    ["waits", "queued"],
  ]);
  expect(prompts.withKey("main", "initial:1")).toBeUndefined();
  expect(prompts.withKey("main", "client:1")).toBeDefined();
  expect(prompts.withKey("other", "initial:1")).toBeDefined();
});

test("a token's quota and that of all are kept, over restarts too, and others are still served", () => {
  const promptQuota = { all: { prompts: 3, bytes: 10_000 }, perToken: { prompts: 2, bytes: 1_000 } };
  const openSmall = (): Store => {
    const store = new Store(join(directory, "store.sqlite"), { promptQuota, log: () => undefined });
    opened.push(store);
    return store;
  };
  const add = (store: Store, id: string, by: "token:a" | "token:b" | "token:c" | "system", words = "x") =>
    store.prompts.add({ actor: by, id, session: "main", request: text(words) });
  const store = openSmall();
  expect(() => add(store, "big", "token:a", "x".repeat(1_000))).toThrow(
    expect.objectContaining({ code: "TOO_MANY_PROMPTS" }),
  );
  add(store, "1", "token:a");
  add(store, "2", "token:a");
  expect(() => add(store, "3", "token:a")).toThrow(expect.objectContaining({ code: "TOO_MANY_PROMPTS" }));
  add(store, "4", "token:b");
  expect(() => add(openSmall(), "5", "token:c")).toThrow(expect.objectContaining({ code: "PROMPT_STORE_FULL" }));
  add(store, "6", "system");
  store.prompts.cancelled("1", "token:a");
  store.prompts.ended("6", { state: "completed" });
  expect(add(store, "7", "token:c")).toMatchObject({ state: "queued" });
});

/** Whether a text is in the file or in its log. */
function isOnDisk(words: string): boolean {
  const files = ["store.sqlite", "store.sqlite-wal"].map((name) => join(directory, name));
  return files.some((file) => existsSync(file) && readFileSync(file).includes(words));
}

/** A prompt with an image of which every piece of 40 characters is recognized, wherever a page ends. */
const mark = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2".slice(0, 20);
const imageOf = (marks: number): string => `data:image/png;base64,${mark.repeat(marks)}`;
const withImage = (marks: number) => ({
  input: [{ type: "image" as const, url: imageOf(marks) }],
  whenBusy: "queue" as const,
});

test.each(
  (["completed", "failed", "interrupted", "cancelled"] as const).flatMap((state) =>
    [3, 100, 100_000].map((marks) => [state, marks] as const),
  ),
)("no image of a prompt that is %s stays on disk (%i pieces)", async (state, marks) => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: withImage(marks) });
  prompts.add({ actor, id: "2", session: "main", request: text("another one") });
  expect(isOnDisk(mark)).toBe(true);
  if (state === "cancelled") prompts.cancelled("1", actor);
  else prompts.ended("1", { state });
  const bytes = (marks * mark.length * 3) / 4;
  expect(prompts.get("main", "1")?.request.input).toMatchObject([
    { type: "releasedImage", mediaType: "image/png", bytes },
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOnDisk(mark)).toBe(false);
  expect(statSync(join(directory, "store.sqlite")).size).toBeLessThan(500_000);
});

test("an image leaves the disk as soon as another reader of the file permits", async () => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: withImage(100_000) });
  const reader = new DatabaseSync(join(directory, "store.sqlite"));
  reader.exec("BEGIN; SELECT count(*) FROM prompts");
  prompts.cancelled("1", actor);
  expect(isOnDisk(mark)).toBe(true);
  reader.exec("COMMIT");
  reader.close();
  await expect.poll(() => isOnDisk(mark), { timeout: 5_000 }).toBe(false);
});

test("a crash right after a release leaves no image behind the next start", () => {
  const { prompts } = open();
  prompts.add({ actor, id: "1", session: "main", request: withImage(100_000) });
  const reader = new DatabaseSync(join(directory, "store.sqlite"));
  reader.exec("BEGIN; SELECT count(*) FROM prompts");
  prompts.cancelled("1", actor);
  const [before, after] = [directory, mkdtempSync(join(tmpdir(), "store-"))];
  cpSync(before, after, { recursive: true });
  reader.close();
  directory = after;
  expect(isOnDisk(mark)).toBe(true);
  expect(open().prompts.get("main", "1")).toMatchObject({ state: "cancelled" });
  expect(isOnDisk(mark)).toBe(false);
  rmSync(before, { recursive: true });
});

test("items and events have no image of a user's message", async () => {
  const { items, events } = open();
  const content = [
    { type: "text", text: "look" },
    { type: "image", url: imageOf(1000), detail: "high" },
  ];
  const item = { id: "i", type: "userMessage", content, clientId: "1" };
  items.save("main", "t", item);
  events.append("main", "item/started", { turnId: "t", item });
  events.append("main", "item/completed", { turnId: "t", item });
  await new Promise((resolve) => setImmediate(resolve));
  const image = {
    type: "image",
    detail: "high",
    mediaType: "image/png",
    bytes: 15_000,
    sha256: expect.any(String) as string,
  };
  const stored = { ...item, content: [content[0], image] };
  expect(items.get("main", "t", "i")).toEqual(stored);
  expect(JSON.parse(events.last("main", ["item/completed"])?.data ?? "")).toMatchObject({ item: stored });
  expect(isOnDisk(mark)).toBe(false);
  expect(items.missing("main", { id: "t", status: "completed", items: [item] })).toEqual([]);
  const another = { ...item, content: [{ type: "image", url: imageOf(1001) }] };
  expect(items.missing("main", { id: "t", status: "completed", items: [another] })).toEqual([another]);
});

test("images of a file of an earlier release are released, but for those of pending prompts", () => {
  const { prompts } = open();
  for (const id of ["ended", "pending"]) prompts.add({ actor, id, session: "main", request: withImage(5_000) });
  prompts.add({ actor, id: "deleted", session: "main", request: text("deleted".repeat(5_000)) });
  opened.pop()?.close();
  const earlier = new DatabaseSync(join(directory, "store.sqlite"));
  const message = { id: "i", type: "userMessage", content: [{ type: "image", url: imageOf(5_000) }] };
  const deep = `{"time": "", "turnId": "t", "item": {"id": "d", "note": "data:", "deep": ${"[".repeat(2000)}${"]".repeat(2000)}}}`;
  const values = [JSON.stringify(message), JSON.stringify({ time: "", turnId: "t", item: message }), deep];
  earlier.exec("PRAGMA secure_delete = OFF; UPDATE prompts SET state = 'completed' WHERE id = 'ended'");
  earlier
    .prepare("INSERT INTO items (session, turn_id, item_id, type, item) VALUES ('main', 't', 'i', 'userMessage', ?)")
    .run(values[0] ?? "");
  for (const data of values.slice(1))
    earlier.prepare("INSERT INTO events (session, type, data) VALUES ('main', 'item/completed', ?)").run(data);
  earlier.exec("DELETE FROM prompts WHERE id = 'deleted'; PRAGMA user_version = 11");
  earlier.close();

  expect(isOnDisk("deleteddeleted")).toBe(true);
  const store = open();
  expect(isOnDisk("deleteddeleted")).toBe(false);
  expect(store.prompts.get("main", "ended")?.request.input).toMatchObject([{ type: "releasedImage", bytes: 75_000 }]);
  expect(store.items.get("main", "t", "i")).toMatchObject({ content: [{ type: "image", bytes: 75_000 }] });
  expect(store.prompts.get("main", "pending")).toMatchObject({ state: "queued", request: withImage(5_000) });
  store.prompts.cancelled("pending", actor);
  expect(isOnDisk(mark)).toBe(false);
});

test("a key of an earlier release is found by the token that sent it, and by no other one", () => {
  const { prompts } = open();
  const keys = ["k", 'quote " and \\', "é", '["b","k"]', "twice"];
  const add = (id: string, by: "token:a" | "token:b", sameKey: string) =>
    prompts.add({ actor: by, id, session: "main", request: text(id), sameKey });
  for (const key of keys) add(`a: ${key}`, "token:a", `client:${key}`);
  add("b", "token:b", "client:of b");
  add("new", "token:a", clientKey("a", "twice"));
  prompts.add({ actor: "system", id: "initial", session: "main", request: text("i"), sameKey: "initial:1" });
  opened.pop()?.close();
  const earlier = new DatabaseSync(join(directory, "store.sqlite"));
  earlier.exec("UPDATE prompts SET actor = NULL WHERE id <> 'new'; PRAGMA user_version = 12");
  earlier.close();

  const found = open().prompts;
  for (const key of keys.slice(0, -1)) {
    expect(found.withKey("main", clientKey("a", key))?.id).toBe(`a: ${key}`);
    expect(found.withKey("main", clientKey("b", key))).toBeUndefined();
  }
  expect(found.withKey("main", clientKey("a", "twice"))?.id).toBe("new");
  expect(found.withKey("main", clientKey("b", "of b"))?.id).toBe("b");
  expect(found.withKey("main", clientKey("a", "of b"))).toBeUndefined();
  expect(found.withKey("main", "initial:1")?.id).toBe("initial");
});
