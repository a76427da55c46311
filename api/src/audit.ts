import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";
import { queryLimit, queryNumber } from "./query.ts";

/** What an audit trail tells of. */
export const auditActions = [
  "wrapper/started",
  "wrapper/stopped",
  "configuration/applied",
  "tokens/exchanged",
  "ticket/issued",
  "session/created",
  "session/forked",
  "session/archived",
  "session/unarchived",
  "session/deleted",
  "session/begunAnew",
  "prompt/accepted",
  "prompt/steered",
  "prompt/cancelled",
  "prompt/ended",
  "turn/interrupted",
  "queue/paused",
  "queue/resumed",
  "approval/requested",
  "approval/resolved",
  "approval/expired",
  "file/uploaded",
  "terminal/opened",
  "terminal/writer",
  "terminal/keys",
  "terminal/closed",
] as const;

/** Somebody did something, or it happened by itself. */
export const auditEntrySchema = named(
  "AuditEntry",
  z.looseObject({
    seq: z.int().describe("Counts from 1, without a gap."),
    time: z.string().describe("RFC 3339."),
    actor: z.string().describe("`token:NAME`, `terminal`, `system`, `unknown`."),
    action: z.string().describe("Such as `prompt/accepted`; a later release may have more."),
    session: z.string().optional(),
    details: z.record(z.string(), z.unknown()),
    previousHash: z.string().describe("Of the entry before; 64 zeros before the first."),
    hash: z
      .string()
      .describe("SHA-256 (hex) of the JSON `[seq, time, actor, action, session or null, details, previousHash]`."),
  }),
);

/** `GET /v1/audit`: entries in their order. */
export const auditPageSchema = named(
  "AuditPage",
  z.looseObject({
    ...schemaMember,
    entries: z.array(auditEntrySchema),
    next: z.int().optional().describe("For the next page, as `after`; absent on the last one."),
  }),
);

/** Query of `GET /v1/audit`. */
export const auditQuerySchema = z.strictObject({
  after: queryNumber(z.int().min(0).default(0)).describe("Begins after the entry with this number."),
  limit: queryLimit({ max: 500, default: 100 }),
});

/** The `previousHash` of the first entry. */
export const auditBeginning = "0".repeat(64);

/** The text whose hash an entry has: `[seq, time, actor, action, session or null, details, previousHash]` as JSON. */
export function auditRowOf(entry: UnsealedAuditEntry): string {
  const { seq, time, actor, action, session = null, details, previousHash } = entry;
  return JSON.stringify([seq, time, actor, action, session, details, previousHash]);
}

/** An entry without its own hash. */
export type UnsealedAuditEntry = Pick<
  AuditEntry,
  "seq" | "time" | "actor" | "action" | "session" | "details" | "previousHash"
>;
export type AuditAction = (typeof auditActions)[number];
export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditPage = z.infer<typeof auditPageSchema>;
