import { approvalPageSchema, approvalSchema, approvalsQuerySchema, decisionRequestSchema } from "../approvals.ts";
import type { Operation } from "../operation.ts";
import { approvalParameter, queryParameters, sessionParameter } from "../parameters.ts";
import { routeOf } from "../routes.ts";
import { json } from "./json.ts";

const tag = "Approvals";

const pending = {
  id: approvalParameter.example,
  session: sessionParameter.example,
  kind: "command",
  state: "pending",
  askedAt: "2026-01-02T03:04:06.789Z",
  turnId: "019a2b3e-6f70-7b91-acbd-2e3f4a5b6c7d",
  itemId: "call_1",
  reason: "May I run this outside the sandbox?",
  command: "npm install",
  directory: "/home/coder/project",
  decisions: ["accept", "accept_for_session", "decline", "cancel"],
  request: { method: "item/commandExecution/requestApproval", params: { command: "npm install" } },
};
const decided = {
  ...pending,
  state: "resolved",
  decision: "decline",
  comment: "Not on a Friday.",
  resolvedBy: "token:ci",
  resolvedAt: "2026-01-02T03:04:09.012Z",
};

/** What Codex asks in a session, and the decisions. */
export const approvalOperations: readonly Operation[] = [
  {
    ...routeOf("list-approvals"),
    summary: "What Codex asked in a session",
    description:
      "Approvals of commands, file changes and permissions, questions to the user, elicitations of MCP servers; " +
      "in the order in which Codex asked.",
    tag,
    parameters: [
      sessionParameter,
      ...queryParameters(approvalsQuerySchema, { state: ["pending"], cursor: "0", limit: 20 }),
    ],
    answers: { 200: { description: "OK", content: json(approvalPageSchema, { approvals: [pending] }) } },
  },
  {
    ...routeOf("get-approval"),
    summary: "Something that Codex asked",
    description: "With what became of it.",
    tag,
    parameters: [sessionParameter, approvalParameter],
    answers: { 200: { description: "OK", content: json(approvalSchema, pending) } },
  },
  {
    ...routeOf("decide-approval"),
    summary: "Decide what Codex asks",
    description: "The first answer counts, given here or in the terminal. Answered when Codex has taken it.",
    tag,
    parameters: [sessionParameter, approvalParameter],
    request: json(decisionRequestSchema, { decision: "decline", comment: "Not on a Friday." }),
    answers: { 200: { description: "It is decided", content: json(approvalSchema, decided) } },
    problems: {
      409: "It was decided before, or has expired",
      422: "The decision does not fit what was asked",
      504: "Codex did not say that it has taken the decision",
      507: "Nothing can be written to the disk",
    },
  },
];
