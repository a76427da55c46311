import type { EndedTurn } from "@codex-workspace/api";
import { expect, test } from "vitest";
import type { Item, Turn } from "../codex/protocol.ts";
import { Conversation, conversationOf, type Message } from "./conversation.ts";
import { toEndedTurn } from "./turn.ts";

const at = new Date("2026-01-02T03:04:05.678Z");

const user = (id: string, text: string): Item => ({ id, type: "userMessage", content: [{ type: "text", text }] });
const agent = (id: string, text: string): Item => ({ id, type: "agentMessage", text });
const turn = (status: Turn["status"], items: Item[] = [], error?: string): Turn => ({
  id: "turn",
  status,
  items,
  ...(error !== undefined && { error: { message: error } }),
});
const ended = (...args: Parameters<typeof turn>): EndedTurn => toEndedTurn(turn(...args), []);
const said = ({ messages }: Conversation): [string, string][] => messages.map(({ role, content }) => [role, content]);

test("it begins with the empty greeting of the agent", () => {
  expect(new Conversation(at).messages).toEqual([{ id: 0, role: "agent", content: "", time: at }]);
});

test("what is streamed grows one message, and the completed item replaces it", () => {
  const changes: Message[] = [];
  const conversation = new Conversation(at, (message) => changes.push(message));
  conversation.itemChanged(user("u", "hello"), "turn", at);
  conversation.itemChanged(agent("a", ""), "turn", at);
  conversation.agentDelta("turn", "a", "Hel", at);
  conversation.agentDelta("turn", "a", "lo", at);
  conversation.itemChanged(agent("a", "Hello."), "turn", at);
  expect(changes.map(({ id, content }) => [id, content])).toEqual([
    [1, "hello"],
    [2, "Hel"],
    [2, "Hello"],
    [2, "Hello."],
  ]);
});

test("the agent messages of a turn are one, in order, apart by a blank line", () => {
  const conversation = new Conversation(at);
  conversation.itemChanged(user("u", "hello"), "turn", at);
  conversation.itemChanged(agent("a", "First."), "turn", at);
  conversation.itemChanged({ id: "c", type: "commandExecution" }, "turn", at);
  conversation.itemChanged(agent("b", "Second."), "turn", at);
  expect(said(conversation).at(-1)).toEqual(["agent", "First.\n\nSecond."]);
});

test("told twice is told once", () => {
  const conversation = new Conversation(at);
  for (let again = 0; again < 2; again++) {
    conversation.itemChanged(user("u", "hello"), "turn", at);
    conversation.itemChanged(agent("a", "Hi."), "turn", at);
  }
  expect(said(conversation)).toEqual([
    ["agent", ""],
    ["user", "hello"],
    ["agent", "Hi."],
  ]);
});

test.each(["interrupted", "completed"] as const)("a turn that is %s without a word has an empty answer", (status) => {
  const conversation = new Conversation(at);
  conversation.itemChanged(user("u", "hello"), "turn", at);
  conversation.turnCompleted(ended(status), at);
  expect(said(conversation).slice(1)).toEqual([
    ["user", "hello"],
    ["agent", ""],
  ]);
});

test("a turn that failed says why, below what was said before", () => {
  const conversation = new Conversation(at);
  conversation.itemChanged(user("u", "hello"), "turn", at);
  conversation.itemChanged(agent("a", "I begin."), "turn", at);
  conversation.turnCompleted(ended("failed", [], "the model is away"), at);
  expect(said(conversation).at(-1)).toEqual(["agent", "I begin.\n\nError: the model is away"]);
});

test("two prompts in a row have an empty answer between them: roles alternate", () => {
  const conversation = new Conversation(at);
  conversation.itemChanged(user("u", "one"), "turn", at);
  conversation.itemChanged(user("v", "two"), "turn", at);
  expect(said(conversation).map(([role]) => role)).toEqual(["agent", "user", "agent", "user"]);
});

test("the same answer to the same prompt is a message of its own", () => {
  const conversation = new Conversation(at);
  for (const id of ["1", "2"]) {
    conversation.itemChanged(user(`u${id}`, "again"), "turn", at);
    conversation.itemChanged(agent(`a${id}`, "Same."), "turn", at);
    conversation.turnCompleted(ended("completed"), at);
  }
  expect(said(conversation).filter(([, content]) => content === "Same.")).toHaveLength(2);
});

test("ids that a model endpoint repeats in every turn are of different messages", () => {
  const conversation = new Conversation(at);
  const turns = ["one", "two"].map((id) => ({
    ...turn("completed", [user(`u-${id}`, id), agent("msg_0", `To ${id}.`)]),
    id,
  }));
  for (const { id, items } of turns) {
    for (const item of items) conversation.itemChanged(item, id, at);
    conversation.agentDelta(id, "msg_1", "More.", at);
    conversation.turnCompleted({ id, status: "completed" }, at);
  }
  expect(said(conversation).filter(([role]) => role === "agent")).toEqual([
    ["agent", ""],
    ["agent", "To one.\n\nMore."],
    ["agent", "To two.\n\nMore."],
  ]);
  expect(said(conversationOf(turns, at)).map(([, text]) => text)).toEqual(["", "one", "To one.", "two", "To two."]);
});

test("history tells the same conversation as the events did, with Codex's own times", () => {
  const items = [user("u", "hello"), { ...agent("a", "Hi."), startedAtMs: 1000, completedAtMs: 2000 }];
  const conversation = conversationOf([turn("completed", items)], at);
  expect(said(conversation).slice(1)).toEqual([
    ["user", "hello"],
    ["agent", "Hi."],
  ]);
  expect(conversation.messages[2]?.time).toEqual(new Date(2000));
});

test("after an outage what was missed is added, and nothing of earlier turns is told again", () => {
  const conversation = new Conversation(at);
  conversation.itemChanged(user("u1", "one"), "turn", at);
  conversation.itemChanged(agent("a1", "First."), "turn", at);
  conversation.turnCompleted(ended("completed"), at);
  conversation.itemChanged(user("u2", "two"), "turn", at);
  conversation.caughtUp(turn("interrupted", [user("u2", "two"), agent("a2", "Missed.")]), at);
  conversation.itemChanged(agent("a1", "First."), "turn", at);
  expect(said(conversation).slice(1)).toEqual([
    ["user", "one"],
    ["agent", "First."],
    ["user", "two"],
    ["agent", "Missed."],
  ]);
});
