import * as z from "zod";
import { queryNumber } from "./query.ts";

/** Somebody did something, or it happened by itself. */
export const auditEntrySchema = z.looseObject({
  /** Counts from 1, without a gap. */
  seq: z.int(),
  /** RFC 3339. */
  time: z.string(),
  /** `token:NAME`, `terminal`, `system`, `unknown`. */
  actor: z.string(),
  /** `approval/requested`, `approval/resolved`, `approval/expired`. */
  action: z.string(),
  session: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
  /** Of the entry before; 64 zeros before the first. */
  previousHash: z.string(),
  /** SHA-256 (hex) of the JSON `[seq, time, actor, action, session or null, details, previousHash]`. */
  hash: z.string(),
});

/** `GET /v1/audit`: entries in their order. */
export const auditPageSchema = z.looseObject({
  entries: z.array(auditEntrySchema),
  /** For the next page, as `after`; absent on the last one. */
  next: z.int().optional(),
});

/** Query of `GET /v1/audit`. */
export const auditQuerySchema = z.strictObject({
  after: queryNumber(z.int().min(0).default(0)).describe("Begins after the entry with this number."),
  limit: queryNumber(z.int().min(1).max(500).default(100)),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditPage = z.infer<typeof auditPageSchema>;
