import * as z from "zod";
import { clientJsonBounds, within } from "@codex-workspace/core/json-bounds";
import { named, schemaMember } from "./named-schema.ts";
import { cursorSchema, nextCursorSchema, queryLimit, queryList } from "./query.ts";

/** What Codex wants to be told. */
const approvalKindSchema = named(
  "ApprovalKind",
  z
    .enum(["command", "fileChange", "permissions", "userInput", "elicitation", "unknown"])
    .describe("`unknown`: a request that this release does not know; the terminal may."),
);

const approvalStateSchema = named(
  "ApprovalState",
  z
    .enum(["pending", "resolved", "expired"])
    .describe("`expired`: nobody decided before its turn ended, or before Codex went away."),
);

export const decisionSchema = named(
  "Decision",
  z.enum(["accept", "accept_for_session", "decline", "cancel"]).describe("`cancel` declines and ends the turn."),
);

/** Something that Codex asks, and what became of it. */
export const approvalSchema = named(
  "Approval",
  z.looseObject({
    ...schemaMember,
    id: z.string(),
    session: z.string(),
    kind: approvalKindSchema,
    state: approvalStateSchema,
    askedAt: z.string().describe("RFC 3339."),
    turnId: z.string().optional(),
    itemId: z.string().optional().describe("The item that waits for it."),
    reason: z.string().optional().describe("Why, in the words of whoever asks."),
    command: z.string().optional(),
    directory: z.string().optional().describe("Of the command."),
    changes: z
      .array(z.unknown())
      .optional()
      .describe("Of a file change: path, kind and diff of each file, as in its `fileChange` item."),
    permissions: z.unknown().optional().describe("What more the agent wants to be allowed."),
    questions: z
      .array(z.unknown())
      .optional()
      .describe("Of a user input: each with `id`, `question` and, where there is a choice, `options`."),
    elicitation: z
      .looseObject({ serverName: z.string(), mode: z.string() })
      .optional()
      .describe("What an MCP server asks: with `message`, and `requestedSchema` or `url`."),
    decisions: z.array(decisionSchema).describe("What can be decided here; empty where only the terminal can."),
    request: z.looseObject({ method: z.string(), params: z.unknown() }).describe("The request as Codex made it."),
    resolvedAt: z.string().optional().describe("RFC 3339."),
    /** Absent where it was resolved in the terminal: Codex does not say how. */
    decision: decisionSchema.optional(),
    comment: z.string().optional(),
    resolvedBy: z
      .string()
      .optional()
      .describe(
        "`token:NAME`, `terminal`, `system` (a timeout, the end of its turn), `unknown` (no terminal of ours was open).",
      ),
  }),
);

/** `GET /v1/sessions/{session}/approvals`, in the order in which Codex asked. */
export const approvalPageSchema = named(
  "ApprovalPage",
  z.looseObject({ ...schemaMember, approvals: z.array(approvalSchema), nextCursor: nextCursorSchema }),
);

/** Query of `GET /v1/sessions/{session}/approvals`. */
export const approvalsQuerySchema = z.strictObject({
  state: queryList(approvalStateSchema).describe("Only those in one of these states."),
  cursor: cursorSchema.prefault("0"),
  limit: queryLimit({ max: 100, default: 50 }),
});

/** `POST /v1/sessions/{session}/approvals/{id}/decision`. */
export const decisionRequestSchema = named(
  "DecisionRequest",
  z.strictObject({
    decision: decisionSchema,
    comment: z.string().min(1).max(10_000).optional().describe("For whoever reads the approval later."),
    answers: z
      .record(z.string(), z.array(z.string()).min(1))
      .superRefine(within(clientJsonBounds))
      .optional()
      .describe("With `accept` of a user input: by the id of the question. Not kept."),
    content: z
      .record(z.string(), z.unknown())
      .superRefine(within(clientJsonBounds))
      .optional()
      .describe("With `accept` of an elicitation that has a form: what its schema asks for. Not kept."),
  }),
);

export type ApprovalKind = z.infer<typeof approvalKindSchema>;
export type ApprovalState = z.infer<typeof approvalStateSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type Approval = z.infer<typeof approvalSchema>;
export type ApprovalPage = z.infer<typeof approvalPageSchema>;
export type DecisionRequest = z.infer<typeof decisionRequestSchema>;
