import { expect, test } from "vitest";
import type { Turn } from "../codex/protocol.ts";
import type { ItemPage } from "./item-store.ts";
import { Store } from "./store.ts";

const open = () => new Store(":memory:", { log: () => undefined });
const item = (id: string, type = "agentMessage", rest = {}) => ({ id, type, ...rest });
const turn = (id: string, ...ids: string[]): Turn => ({ id, status: "completed", items: ids.map((one) => item(one)) });
const all: ItemPage = { types: [], order: "asc", cursor: undefined, limit: 100, maxCharacters: 100_000 };

test("an item that goes on keeps its place", () => {
  const { items } = open();
  items.save("main", "t", item("a", "commandExecution", { status: "inProgress" }));
  items.save("main", "t", item("b"));
  items.save("main", "t", item("a", "commandExecution", { status: "completed" }));
  expect(items.page("main", all).items.map(({ item: { id, ["status"]: status } }) => [id, status])).toEqual([
    ["a", "completed"],
    ["b", undefined],
  ]);
});

test("pages go both ways, by type", () => {
  const { items } = open();
  for (const id of ["a", "b", "c", "d"]) items.save("main", "t", item(id, id === "b" ? "plan" : "reasoning"));
  items.save("other", "t", item("x"));
  const ids = (page: Partial<ItemPage>): string[] =>
    items.page("main", { ...all, ...page }).items.map(({ item: { id } }) => id);
  expect(ids({ limit: 2 })).toEqual(["a", "b"]);
  expect(ids({ cursor: 2 })).toEqual(["c", "d"]);
  expect(ids({ order: "desc", cursor: 3, limit: 1 })).toEqual(["b"]);
  expect(ids({ types: ["plan"] })).toEqual(["b"]);
  expect(ids({ types: ["plan", "reasoning"], order: "desc" })).toEqual(["d", "c", "b", "a"]);
});

test("a page ends before it has too many characters, and has one item at least", () => {
  const { items } = open();
  for (const id of ["a", "b", "c"]) items.save("main", "t", item(id, "agentMessage", { text: "x".repeat(400) }));
  const page = (maxCharacters: number, limit = 3): unknown[] => {
    const found = items.page("main", { ...all, limit, maxCharacters });
    return [found.items.map(({ item: { id } }) => id).join(""), found.hasMore];
  };
  expect(page(1)).toEqual(["a", true]);
  expect(page(1000)).toEqual(["ab", true]);
  expect(page(2000)).toEqual(["abc", false]);
  expect(page(2000, 2)).toEqual(["ab", true]);
});

test("of a turn's history what is not there is missing; made-up ids only where nothing of the turn is there", () => {
  const { items } = open();
  items.save("main", "t", item("a"));
  const missing = (one: Turn): string[] => items.missing("main", one).map(({ id }) => id);
  expect(missing(turn("t", "a", "b", "item-3"))).toEqual(["b"]);
  expect(missing(turn("u", "item-1", "item-2"))).toEqual(["item-1", "item-2"]);
});

test("of what was only seen to begin, history has the end", () => {
  const { items } = open();
  items.save("main", "t", item("a", "commandExecution", { status: "inProgress", completedAtMs: null }));
  items.save("main", "t", item("b", "commandExecution", { status: "completed", completedAtMs: 1 }));
  const ended = ["a", "b"].map((id) => item(id, "commandExecution", { status: "failed", completedAtMs: 2 }));
  const history: Turn = { id: "t", status: "interrupted", items: ended };
  expect(items.missing("main", history)).toEqual([ended[0]]);
  for (const one of items.missing("main", history)) items.save("main", "t", one);
  expect(items.missing("main", history)).toEqual([]);
});
