import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval } from "@codex-workspace/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Turn } from "../codex/protocol.ts";
import { fillIn } from "./fill-in.ts";
import { clientKey } from "./prompt-store.ts";
import { Store } from "./store.ts";

const MiB = 1024 ** 2;
let directory: string;
let store: Store;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "store-"));
  const few = { rows: 40, bytes: 4 * MiB };
  const kept = {
    eventsPerSession: few,
    itemsPerSession: few,
    approvalsPerSession: few,
    endedPromptsPerToken: few,
  };
  store = new Store(join(directory, "store.sqlite"), { kept, log: () => undefined });
  for (const name of ["main", "other"]) store.sessions.ensure(name);
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

type Sender = "token:a" | "token:b" | "system";

function send(id: string, actor: Sender, text = "x", sameKey?: string): void {
  const input = [{ type: "text" as const, text }];
  store.prompts.add({ actor, id, session: "main", request: { input, whenBusy: "queue" }, sameKey });
}

function ids(): string[] {
  return store.prompts.page("main", { states: [], after: 0, limit: 10_000 }).map(({ id }) => id);
}

test("the oldest ended prompts of a token go, and no others", () => {
  send("pending", "token:a");
  send("of b", "token:b");
  send("of the spec", "system", "begin", "initial:1");
  for (const id of ["of b", "of the spec"]) store.prompts.ended(id, { state: "completed" });
  for (let count = 0; count < 100; count++) {
    send(`${count}`, "token:a", "x", clientKey("a", `${count}`));
    if (count % 2 === 0) store.prompts.cancelled(`${count}`, "token:a");
    else store.prompts.ended(`${count}`, { state: "completed", finalMessage: "done" });
  }
  const kept = ids();
  expect(kept.slice(0, 3)).toEqual(["pending", "of b", "of the spec"]);
  expect(kept).toHaveLength(3 + 40);
  expect(kept.at(-1)).toBe("99");
  expect(store.prompts.withKey("main", clientKey("a", "99"))?.id).toBe("99");
  expect(store.prompts.withKey("main", clientKey("a", "0"))).toBeUndefined();
  expect(store.prompts.withKey("main", "initial:1")?.id).toBe("of the spec");
});

test("ended prompts of a token have a size, answers included", () => {
  for (let count = 0; count < 12; count++) {
    send(`${count}`, "token:a", count % 2 === 0 ? "x".repeat(MiB) : "x");
    const finalMessage = count % 2 === 0 ? "short" : "y".repeat(MiB);
    store.prompts.ended(`${count}`, { state: "completed", finalMessage });
  }
  expect(ids()).toEqual(["9", "10", "11"]);
});

test("the newest prompt stays, however large", () => {
  send("large", "token:a", "x".repeat(5 * MiB));
  store.prompts.cancelled("large", "token:a");
  expect(ids()).toEqual(["large"]);
});

test("items that were removed do not come back from history", () => {
  const turnOf = (nth: number): Turn => ({
    id: `t${nth}`,
    status: "completed",
    items: [{ id: `i${nth}`, type: "agentMessage", text: "x" }],
  });
  const turns = Array.from({ length: 100 }, (_, nth) => turnOf(nth));
  for (const session of ["main", "other"]) {
    const some = session === "main" ? turns : turns.slice(0, 5);
    for (const { id, items } of some) for (const item of items) store.items.save(session, id, item);
  }
  const all = { types: [], order: "asc", cursor: undefined, limit: 10_000, maxCharacters: 10 * MiB } as const;
  const turnIds = (session: string): string[] => store.items.page(session, all).items.map(({ turnId }) => turnId);
  const kept = turnIds("main");
  expect(kept).toHaveLength(40);
  expect(kept.at(-1)).toBe("t99");
  fillIn(store, "main", [...turns, turnOf(100)]);
  expect(turnIds("main")).toEqual([...kept.slice(1), "t100"]);
  expect(turnIds("other")).toHaveLength(5);
  fillIn(store, "other", turns.slice(0, 6));
  expect(turnIds("other")).toHaveLength(6);
});

test("events of a session have a size", () => {
  store.events.append("other", "turn/started", { turnId: "kept" });
  const item = { id: "i", type: "agentMessage", text: "x".repeat(MiB) };
  for (let count = 0; count < 12; count++) store.events.append("main", "item/completed", { turnId: `${count}`, item });
  expect(store.events.last("main", ["item/completed"])?.id).toBe(13);
  expect(store.events.goneUpTo("main")).toBe(10);
  expect(store.events.goneUpTo("other")).toBe(0);
});

test("resolved approvals go, pending ones stay", () => {
  const approval = (id: string): Approval => ({
    id,
    session: "main",
    kind: "command",
    state: "pending",
    askedAt: "2026-01-02T03:04:05.678Z",
    decisions: [],
    request: { method: "m", params: {} },
  });
  store.approvals.add(approval("pending"));
  for (let count = 0; count < 100; count++) {
    store.approvals.add(approval(`${count}`));
    store.approvals.closed({ ...approval(`${count}`), state: "resolved", decision: "decline" });
  }
  const known = store.approvals.page("main", { states: [], after: 0, limit: 10_000 }).map((one) => one.approval.id);
  expect(known[0]).toBe("pending");
  expect(known.at(-1)).toBe("99");
  expect(known).toHaveLength(1 + 40);
});
