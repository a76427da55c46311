import { approvalSchema, endedTurnSchema, promptSchema, sessionSchema } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import type * as z from "zod";
import type { Call } from "../call.ts";
import { scopedError, withoutConversation } from "./conversation-scope.ts";

const schemas = { Approval: approvalSchema, EndedTurn: endedTurnSchema, Prompt: promptSchema, Session: sessionSchema };
const open = new Set(["decision", "comment", "model", "effort"]);

test.each(Object.entries(schemas))("%s shows no member that is not listed", (name, schema) => {
  const members = Object.keys((schema as z.ZodObject).shape);
  const body = Object.fromEntries([...members, "later"].map((member) => [member, { text: `word of ${member}` }]));
  const shown = JSON.stringify(withoutConversation(name as keyof typeof schemas, body as never));
  for (const member of ["finalMessage", "lastTurn", "problem", "reason", "command", "request", "questions", "later"])
    expect(shown).not.toContain(`word of ${member}`);
  expect(members.filter((member) => !open.has(member) && shown.includes(`word of ${member}`))).toMatchSnapshot("shown");
});

const callBy = (...scopes: ("read" | "approve" | "admin")[]): Call => ({
  request: new IncomingMessage(new Socket()),
  operation: "decide-approval" as unknown as Call["operation"],
  params: {},
  query: {},
  caller: { name: "x", scopes, token: undefined },
});

test("a decision that does not fit is refused with words of the question to readers alone", () => {
  const words = { code: "DECISION_INVALID", remedy: "r" } as const;
  const error = new WorkspaceError('"no" is none of the options: secret words', words);
  expect(scopedError(callBy("approve", "read"), error)).toBe(error);
  expect(scopedError(callBy("approve", "admin"), error)).toBe(error);
  const hidden = scopedError(callBy("approve"), error) as WorkspaceError;
  expect(hidden).toMatchObject({ code: "DECISION_INVALID" });
  expect(hidden.message + hidden.remedy).not.toContain("secret words");
  const other = new WorkspaceError("there is no approval", { code: "APPROVAL_NOT_FOUND", remedy: "r" });
  expect(scopedError(callBy("approve"), other)).toBe(other);
});
