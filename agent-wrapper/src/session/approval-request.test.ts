import type { Approval, DecisionRequest } from "@codex-workspace/api";
import { expect, test } from "vitest";
import { threadOf, toApproval, toCodexAnswer } from "./approval-request.ts";

const identity = { id: "a", session: "main", askedAt: "2026-01-02T03:04:05.678Z" };
const ids = { threadId: "thread", turnId: "turn", itemId: "item" };

function asked(method: string, params: object): Approval {
  return toApproval({ id: 0, method, params: { ...ids, ...params } }, identity, () => undefined);
}

const refusal =
  (approval: Approval, wanted: DecisionRequest): (() => unknown) =>
  () =>
    toCodexAnswer(approval, wanted);

const fileChange = asked("item/fileChange/requestApproval", {});
const permissions = asked("item/permissions/requestApproval", {
  permissions: { network: { enabled: true }, fileSystem: null },
});
const userInput = asked("item/tool/requestUserInput", {
  questions: [
    { id: "colour", question: "Which?", isOther: false, options: [{ label: "red" }, { label: "blue" }] },
    { id: "why", question: "Why?", isOther: true, options: null },
  ],
});
const form = asked("mcpServer/elicitation/request", {
  serverName: "desk",
  mode: "form",
  message: "How many?",
  requestedSchema: { type: "object", properties: { count: { type: "integer" } }, required: ["count"] },
});
const page = asked("mcpServer/elicitation/request", { serverName: "desk", mode: "url", url: "https://desk.example" });

test.each([
  ["a file change", fileChange, { decision: "accept_for_session" }, { decision: "acceptForSession" }, false],
  ["a file change", fileChange, { decision: "cancel" }, { decision: "cancel" }, false],
  [
    "permissions",
    permissions,
    { decision: "accept" },
    { permissions: { network: { enabled: true } }, scope: "turn" },
    false,
  ],
  [
    "permissions",
    permissions,
    { decision: "accept_for_session" },
    { permissions: { network: { enabled: true } }, scope: "session" },
    false,
  ],
  ["permissions", permissions, { decision: "cancel" }, { permissions: {}, scope: "turn" }, true],
  [
    "user input",
    userInput,
    { decision: "accept", answers: { colour: ["red"], why: ["I like it"] } },
    { answers: { colour: { answers: ["red"] }, why: { answers: ["I like it"] } } },
    false,
  ],
  ["user input", userInput, { decision: "decline" }, { answers: {} }, false],
  [
    "a form",
    form,
    { decision: "accept", content: { count: 3 } },
    { action: "accept", content: { count: 3 }, _meta: null },
    false,
  ],
  ["a form", form, { decision: "decline" }, { action: "decline", content: null, _meta: null }, false],
  ["a page", page, { decision: "accept" }, { action: "accept", content: null, _meta: null }, false],
] as const)("%s: what Codex is told", (_, approval, wanted, result, interrupt) => {
  expect(toCodexAnswer(approval, wanted as DecisionRequest)).toEqual({ result, interrupt });
});

test.each([
  ["no answers", userInput, { decision: "accept" }, 'the question "colour" is not answered'],
  ["another option", userInput, { decision: "accept", answers: { colour: ["green"], why: ["x"] } }, "red, blue"],
  ["another question", userInput, { decision: "accept", answers: { size: ["1"] } }, 'no question "size"'],
  ["answers where it declines", userInput, { decision: "decline", answers: { why: ["x"] } }, "`answers` go with"],
  ["no content", form, { decision: "accept" }, "content"],
  ["content of another kind", form, { decision: "accept", content: { count: "many" } }, "content.count"],
  ["content for a page", page, { decision: "accept", content: {} }, "there is none"],
  ["an elicitation for the session", form, { decision: "accept_for_session" }, "accept, decline, cancel"],
] as const)("%s is refused", (_, approval, wanted, message) => {
  expect(refusal(approval, wanted as DecisionRequest)).toThrow(message);
});

test("a request that is not known, or reads otherwise than we know it, is shown raw and not answered", () => {
  for (const [method, params] of [
    ["item/dance/request", { tempo: 120 }],
    ["item/tool/requestUserInput", { questions: "Which?" }],
  ] as const) {
    const approval = asked(method, params);
    expect(approval).toMatchObject({ kind: "unknown", decisions: [], request: { method, params } });
    expect(refusal(approval, { decision: "decline" })).toThrow("in the terminal alone");
  }
});

test("a request without a thread is nobody's in a session", () => {
  expect(threadOf({ params: {} })).toBeUndefined();
  expect(threadOf({ params: ids })).toBe("thread");
});

test("a request named as a member of the prototype is an unknown one", () => {
  expect(asked("constructor", {}).kind).toBe("unknown");
});
