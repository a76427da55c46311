import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { approvalsQuerySchema } from "./approvals.ts";
import { auditQuerySchema } from "./audit.ts";
import { eventsQuerySchema } from "./events.ts";
import { itemsQuerySchema } from "./items.ts";
import { promptQuerySchema, promptsQuerySchema } from "./prompts.ts";

test.each([
  [promptsQuerySchema, {}, { state: [], cursor: 0, limit: 50 }],
  [
    promptsQuerySchema,
    { state: "queued,running", cursor: "12", limit: "7" },
    { state: ["queued", "running"], cursor: 12, limit: 7 },
  ],
  [promptsQuerySchema, { state: ["queued", "running"] }, { state: ["queued", "running"], cursor: 0, limit: 50 }],
  [itemsQuerySchema, { type: ["plan,reasoning", "x"] }, { type: ["plan", "reasoning", "x"], order: "asc", limit: 100 }],
  [promptQuerySchema, {}, { wait: 0 }],
  [promptQuerySchema, { wait: "0.5" }, { wait: 0.5 }],
  [approvalsQuerySchema, { state: "pending" }, { state: ["pending"], cursor: 0, limit: 50 }],
  [itemsQuerySchema, { type: "plan", order: "desc" }, { type: ["plan"], order: "desc", limit: 100 }],
  [eventsQuerySchema, { after: "3", deltas: "true" }, { after: 3, deltas: true }],
  [eventsQuerySchema, {}, { deltas: false }],
  [auditQuerySchema, {}, { after: 0, limit: 100 }],
])("a query as its types", (schema: z.ZodType, query, expected) => {
  expect(schema.parse(query)).toEqual(expected);
});

describe("refused is", () => {
  test.each([
    ["nothing for a number", { limit: "" }],
    ["a blank", { limit: " 5" }],
    ["a number that is not written in digits", { limit: "0x10" }],
    ["a fraction of a whole", { limit: "1.5" }],
    ["too many", { limit: "101" }],
    ["a value twice", { limit: ["1", "2"] }],
    ["a list under repeated keys with nothing in one", { state: ["queued", ""] }],
    ["a word that is none of the list", { state: "queued,over" }],
    ["a list of nothing", { state: "" }],
    ["a cursor that no page gave", { cursor: "-1" }],
    ["what there is not", { states: "queued" }],
  ])("%s", (_, query) => {
    expect(promptsQuerySchema.safeParse(query).success).toBe(false);
  });

  test("a boolean in other words", () => {
    expect(eventsQuerySchema.safeParse({ deltas: "1" }).success).toBe(false);
  });
});
