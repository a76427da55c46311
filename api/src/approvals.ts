import * as z from "zod";
import { cursorSchema, queryList, queryNumber } from "./query.ts";

/** What Codex wants to be told. `unknown`: a request that this release does not know; the terminal may. */
const approvalKindSchema = z.enum(["command", "fileChange", "permissions", "userInput", "elicitation", "unknown"]);

/** `expired`: nobody decided before its turn ended, or before Codex went away. */
const approvalStateSchema = z.enum(["pending", "resolved", "expired"]);

/** `cancel` declines and ends the turn. */
export const decisionSchema = z.enum(["accept", "accept_for_session", "decline", "cancel"]);

/** Something that Codex asks, and what became of it. */
export const approvalSchema = z.looseObject({
  id: z.string(),
  session: z.string(),
  kind: approvalKindSchema,
  state: approvalStateSchema,
  /** RFC 3339. */
  askedAt: z.string(),
  turnId: z.string().optional(),
  /** The item that waits for it. */
  itemId: z.string().optional(),
  /** Why, in the words of whoever asks. */
  reason: z.string().optional(),
  /** Of a command. */
  command: z.string().optional(),
  directory: z.string().optional(),
  /** Of a file change: path, kind and diff of each file, as in its `fileChange` item. */
  changes: z.array(z.unknown()).optional(),
  /** What more the agent wants to be allowed. */
  permissions: z.unknown().optional(),
  /** Of a user input: each with `id`, `question` and, where there is a choice, `options`. */
  questions: z.array(z.unknown()).optional(),
  /** What an MCP server asks: `serverName`, `mode`, `message`, and `requestedSchema` or `url`. */
  elicitation: z.looseObject({ serverName: z.string(), mode: z.string() }).optional(),
  /** What can be decided here; empty where only the terminal can. */
  decisions: z.array(decisionSchema),
  /** The request as Codex made it. */
  request: z.looseObject({ method: z.string(), params: z.unknown() }),
  resolvedAt: z.string().optional(),
  /** Absent where it was resolved in the terminal: Codex does not say how. */
  decision: decisionSchema.optional(),
  comment: z.string().optional(),
  /** `token:NAME`, `terminal`, `system` (a timeout, the end of its turn), `unknown` (no terminal of ours was open). */
  resolvedBy: z.string().optional(),
});

/** `GET /v1/sessions/{session}/approvals`, in the order in which Codex asked. */
export const approvalPageSchema = z.looseObject({
  approvals: z.array(approvalSchema),
  /** For the next page; absent on the last one. */
  nextCursor: z.string().optional(),
});

/** Query of `GET /v1/sessions/{session}/approvals`. */
export const approvalsQuerySchema = z.strictObject({
  state: queryList(approvalStateSchema).describe("Only those in one of these states."),
  cursor: cursorSchema.prefault("0"),
  limit: queryNumber(z.int().min(1).max(100).default(50)),
});

/** `POST /v1/sessions/{session}/approvals/{id}/decision`. */
export const decisionRequestSchema = z.strictObject({
  decision: decisionSchema,
  /** For whoever reads the approval later; Codex is not told. */
  comment: z.string().min(1).max(10_000).optional(),
  /** With `accept` of a user input: by the id of the question. Not kept. */
  answers: z.record(z.string(), z.array(z.string()).min(1)).optional(),
  /** With `accept` of an elicitation that has a form: what its schema asks for. Not kept. */
  content: z.record(z.string(), z.unknown()).optional(),
});

export type ApprovalKind = z.infer<typeof approvalKindSchema>;
export type ApprovalState = z.infer<typeof approvalStateSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type Approval = z.infer<typeof approvalSchema>;
export type ApprovalPage = z.infer<typeof approvalPageSchema>;
export type DecisionRequest = z.infer<typeof decisionRequestSchema>;
