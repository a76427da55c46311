import * as z from "zod";
import { approvalSchema } from "./approvals.ts";
import { itemSchema } from "./items.ts";
import { queryBoolean, queryNumber } from "./query.ts";
import { promptStateSchema, tokenUsageSchema } from "./prompts.ts";
import { endedTurnSchema, sessionStatusSchema } from "./v1.ts";

/** When it happened, RFC 3339. The ids tell the order: clocks jump. */
const time = z.string();

/** Data of the events of `GET /v1/sessions/{session}/events`, by type. */
export const sessionEventSchemas = {
  "session/status": z.looseObject({ time, status: sessionStatusSchema, problem: z.string().optional() }),
  /** The last one of a stream: the session was deleted. Has no id. */
  "session/deleted": z.looseObject({ time }),
  /** A prompt came in, or its state changed. */
  "prompt/changed": z.looseObject({
    time,
    promptId: z.string(),
    state: promptStateSchema,
    turnId: z.string().optional(),
    error: z.string().optional(),
  }),
  "queue/changed": z.looseObject({ time, paused: z.boolean() }),
  "turn/started": z.looseObject({ time, turnId: z.string() }),
  "turn/completed": z.looseObject({ time, turn: endedTurnSchema }),
  "item/started": z.looseObject({ time, turnId: z.string(), item: itemSchema }),
  "item/completed": z.looseObject({ time, turnId: z.string(), item: itemSchema }),
  /** With `?deltas=true`: a piece of an item that grows. Has no id: the completed item has the whole. */
  "item/delta": z.looseObject({
    time,
    turnId: z.string(),
    itemId: z.string(),
    /** What grows: an agent message's text, a reasoning's summary, a command's output. */
    field: z.enum(["text", "summary", "output"]),
    delta: z.string(),
  }),
  /** Codex asks something. */
  "approval/requested": z.looseObject({ time, approval: approvalSchema }),
  /** It was decided, by whomever, or has expired. */
  "approval/resolved": z.looseObject({ time, approval: approvalSchema }),
  /** Tokens of the whole thread. */
  "usage/updated": z.looseObject({ time, turnId: z.string(), usage: tokenUsageSchema }),
  /** The last one of a stream: this reader was so slow that events it has not read are not kept any more. */
  "events/gone": z.looseObject({ time, upTo: z.int() }),
} as const;

/** Query of `GET /v1/sessions/{session}/events`. */
export const eventsQuerySchema = z.strictObject({
  after: queryNumber(z.int().min(0))
    .optional()
    .describe(
      "Begins after the event with this id, whatever `Last-Event-ID` says; else with what happens from now on.",
    ),
  deltas: queryBoolean(z.boolean().default(false)).describe("Also pieces of items as they grow."),
});

export type SessionEventType = keyof typeof sessionEventSchemas;
export type SessionEventData = { [T in SessionEventType]: z.infer<(typeof sessionEventSchemas)[T]> };
