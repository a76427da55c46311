import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { decisionRequestSchema } from "./approvals.ts";
import { promptRequestSchema } from "./prompts.ts";
import { sessionRequestSchema } from "./sessions.ts";

/** `levels` objects, each inside the one before. */
function nested(levels: number): Record<string, unknown> {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as Record<string, unknown>;
}

const lone = "\ud800";

describe("what travels on to Codex is within the bounds", () => {
  const approval = { decision: "accept" };
  test.each<[string, z.ZodType, (value: Record<string, unknown>) => object]>([
    ["outputSchema", promptRequestSchema, (outputSchema) => ({ input: "x", outputSchema })],
    ["config of a session", sessionRequestSchema, (config) => ({ config })],
    ["approvalPolicy of a session", sessionRequestSchema, (approvalPolicy) => ({ approvalPolicy })],
    ["content of a decision", decisionRequestSchema, (content) => ({ ...approval, content })],
  ])("%s", (_what, schema, body) => {
    expect(schema.safeParse(body(nested(64))).success).toBe(true);
    for (const value of [nested(65), { [lone]: 1 }, { a: Infinity }, { "$serde_json::private::RawValue": "{" }])
      expect(schema.safeParse(body(value)).success).toBe(false);
  });

  test("answers of a decision", () => {
    expect(decisionRequestSchema.safeParse({ ...approval, answers: { question: ["yes"] } }).success).toBe(true);
    expect(decisionRequestSchema.safeParse({ ...approval, answers: { [lone]: ["yes"] } }).success).toBe(false);
  });
});
