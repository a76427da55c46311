import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";
import { cursorSchema, nextCursorSchema, queryLimit, queryList } from "./query.ts";

/** An item of Codex's thread, as Codex has it. */
export const itemSchema = named(
  "Item",
  z
    .looseObject({ id: z.string(), type: z.string() })
    .describe(
      "`ThreadItem` of Codex's app-server protocol: `userMessage`, `agentMessage`, `reasoning`, `commandExecution`, " +
        "`fileChange`, `mcpToolCall`, `plan`, `webSearch` and others. An image of a `userMessage` has `mediaType`, `bytes` " +
        "and `sha256` instead of a `data:` URL.",
    ),
);

export const itemEntrySchema = named("ItemEntry", z.looseObject({ turnId: z.string(), item: itemSchema }));

/** `GET /v1/sessions/{session}/items`: items in the order in which they began. */
export const itemPageSchema = named(
  "ItemPage",
  z.looseObject({ ...schemaMember, items: z.array(itemEntrySchema), nextCursor: nextCursorSchema }),
);

/** Query of `GET /v1/sessions/{session}/items`. */
export const itemsQuerySchema = z.strictObject({
  cursor: cursorSchema.optional(),
  limit: queryLimit({ max: 500, default: 100 }),
  type: queryList(z.string().min(1)).describe("Only items of these types."),
  order: z.enum(["asc", "desc"]).default("asc").describe("`desc`: the newest first."),
});

export type ItemEntry = z.infer<typeof itemEntrySchema>;
export type ItemPage = z.infer<typeof itemPageSchema>;
