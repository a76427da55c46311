import * as z from "zod";

// A query is text. Each of these takes a value of it as its type, and is described as that type.

/** Digits, with a point perhaps: nothing else that `Number` would take. */
export function queryNumber<Schema extends z.ZodType<number>>(schema: Schema) {
  return z.preprocess((text) => (isNumber(text) ? Number(text) : text), schema);
}

/** `true` or `false`. */
export function queryBoolean<Schema extends z.ZodType<boolean>>(schema: Schema) {
  return z.preprocess((text) => (text === "true" || text === "false" ? text === "true" : text), schema);
}

/**
 * Values with commas between them (OpenAPI's style `form`, not exploded) or under repeated keys, which most generated
 * clients send; none where it is left out.
 */
export function queryList<Item extends z.ZodType>(item: Item) {
  return z
    .preprocess(
      (given) => [given].flat().flatMap((text: unknown) => (typeof text === "string" ? text.split(",") : [text])),
      z.array(item).min(1),
    )
    .default([]);
}

/** How many a page has at most. */
export function queryLimit(range: { readonly max: number; readonly default: number }) {
  return queryNumber(z.int().min(1).max(range.max).default(range.default)).describe("How many to return at most.");
}

/** Where a page begins: what the page before calls its next one. */
export const cursorSchema = z
  .string()
  .regex(/^\d{1,15}$/, "expected the `nextCursor` of a page")
  .describe("The `nextCursor` of the page before.")
  .transform(Number);

/** What a page calls its next one. */
export const nextCursorSchema = z.string().optional().describe("For the next page; absent on the last one.");

function isNumber(text: unknown): text is string {
  return typeof text === "string" && /^\d{1,15}(\.\d{1,9})?$/.test(text);
}
