import * as z from "zod";

/**
 * An item of Codex's thread, as Codex has it (`ThreadItem` of its app-server protocol): `userMessage`, `agentMessage`,
 * `reasoning`, `commandExecution`, `fileChange`, `mcpToolCall`, `plan`, `webSearch` and others.
 */
export const itemSchema = z.looseObject({ id: z.string(), type: z.string() });

export const itemEntrySchema = z.looseObject({ turnId: z.string(), item: itemSchema });

/** `GET /v1/sessions/{session}/items`: items in the order in which they began. */
export const itemPageSchema = z.looseObject({
  items: z.array(itemEntrySchema),
  /** For the next page; absent on the last one. */
  nextCursor: z.string().optional(),
});

export const itemsQuerySchema = z.strictObject({
  /** The `nextCursor` of the page before. */
  cursor: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** Types, with commas between them. @default - all */
  type: z
    .string()
    .transform((text) => text.split(","))
    .default([]),
  /** `desc`: the newest first. @default asc */
  order: z.enum(["asc", "desc"]).default("asc"),
});

export type ItemEntry = z.infer<typeof itemEntrySchema>;
export type ItemPage = z.infer<typeof itemPageSchema>;
