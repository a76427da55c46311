import { expect, test } from "vitest";
import type { Message } from "../session/conversation.ts";
import { messagesJson } from "./messages-body.ts";

test("the pieces are the JSON of the messages", () => {
  const time = new Date("2026-01-02T03:04:05.678Z");
  const contents = [
    "",
    'quoted "\\\n\u0000',
    "😀".repeat(40_000),
    `x${"😀".repeat(40_000)}`,
    "\ud83d",
    "y".repeat(1_000_000),
  ];
  const messages = contents.map((content, id): Message => ({
    id,
    role: id % 2 === 0 ? "agent" : "user",
    content,
    time,
  }));
  const pieces = [...messagesJson(messages)];
  const wanted = messages.map(({ id, content, role }) => ({ id, content, role, time: time.toISOString() }));
  expect(JSON.parse(`{${pieces.join("")}}`)).toEqual({ messages: wanted });
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100 * 1024);
});

test("a conversation without messages is an empty list", () => {
  expect([...messagesJson([])].join("")).toBe('"messages":[]');
});
