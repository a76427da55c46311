import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";
import { queryNumber } from "./query.ts";

/** Somebody did something, or it happened by itself. */
export const auditEntrySchema = named(
  "AuditEntry",
  z.looseObject({
    seq: z.int().describe("Counts from 1, without a gap."),
    time: z.string().describe("RFC 3339."),
    actor: z.string().describe("`token:NAME`, `terminal`, `system`, `unknown`."),
    action: z.string().describe("`approval/requested`, `approval/resolved`, `approval/expired`."),
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
  limit: queryNumber(z.int().min(1).max(500).default(100)),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditPage = z.infer<typeof auditPageSchema>;
