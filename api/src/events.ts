import * as z from "zod";
import { approvalSchema } from "./approvals.ts";
import { itemSchema } from "./items.ts";
import { named } from "./named-schema.ts";
import { queryBoolean, queryNumber } from "./query.ts";
import { promptStateSchema, tokenUsageSchema } from "./prompts.ts";
import { interruptedBySchema, turnFailureSchema } from "./turn-outcome.ts";
import { endedTurnSchema, mcpServerStatusSchema, sessionStatusSchema } from "./v1.ts";

const time = z.string().describe("When it happened, RFC 3339. The ids tell the order: clocks jump.");

/** Data of the events of `GET /v1/sessions/{session}/events`, by type. */
export const sessionEventSchemas = {
  "session/status": named(
    "SessionStatusEvent",
    z.looseObject({ time, status: sessionStatusSchema, problem: z.string().optional() }),
  ),
  "thread/started": named(
    "ThreadStartedEvent",
    z
      .looseObject({ time, threadId: z.string() })
      .describe("The session has a new thread: at its beginning, or because Codex has lost the one it had."),
  ),
  "session/deleted": named(
    "SessionDeletedEvent",
    z.looseObject({ time }).describe("The last one of a stream: the session was deleted. Has no id."),
  ),
  "prompt/changed": named(
    "PromptChangedEvent",
    z
      .looseObject({
        time,
        promptId: z.string(),
        state: promptStateSchema,
        turnId: z.string().optional(),
        error: z.string().optional(),
        failure: turnFailureSchema.optional(),
        interruptedBy: interruptedBySchema.optional(),
      })
      .describe("A prompt came in, or its state changed."),
  ),
  "reload/changed": named(
    "ReloadChangedEvent",
    z
      .looseObject({
        time,
        state: z.enum(["waiting", "applying", "applied", "failed"]),
        configHash: z.string().optional(),
        reason: z.string().optional(),
        code: z.string().optional(),
        remedy: z.string().optional(),
      })
      .describe("A new configuration is there, or what became of it. `failed`: the former one stays in force."),
  ),
  "queue/changed": named("QueueChangedEvent", z.looseObject({ time, paused: z.boolean() })),
  "turn/started": named("TurnStartedEvent", z.looseObject({ time, turnId: z.string() })),
  "turn/completed": named("TurnCompletedEvent", z.looseObject({ time, turn: endedTurnSchema })),
  "turn/retried": named(
    "TurnRetriedEvent",
    z
      .looseObject({
        time,
        turnId: z.string(),
        attempt: z.int().optional(),
        maxAttempts: z.int().optional(),
        error: z.string().describe("Why the request to the model failed."),
        failure: turnFailureSchema,
      })
      .describe("A request to the model failed, and Codex repeats it within the turn."),
  ),
  "codex/warning": named(
    "CodexWarningEvent",
    z
      .looseObject({ time, message: z.string() })
      .describe("A warning of Codex. Warnings about no session in particular are told in `main`."),
  ),
  "mcpServer/changed": named(
    "McpServerChangedEvent",
    z.looseObject({ time, server: mcpServerStatusSchema }).describe("An MCP server has started, or did not."),
  ),
  "item/started": named("ItemStartedEvent", z.looseObject({ time, turnId: z.string(), item: itemSchema })),
  "item/completed": named("ItemCompletedEvent", z.looseObject({ time, turnId: z.string(), item: itemSchema })),
  "item/delta": named(
    "ItemDeltaEvent",
    z
      .looseObject({
        time,
        turnId: z.string(),
        itemId: z.string(),
        field: z
          .enum(["text", "summary", "output"])
          .describe("What grows: an agent message's text, a reasoning's summary, a command's output."),
        delta: z.string(),
      })
      .describe("With `?deltas=true`: a piece of an item that grows. Has no id: the completed item has the whole."),
  ),
  "approval/requested": named("ApprovalRequestedEvent", z.looseObject({ time, approval: approvalSchema })),
  "approval/resolved": named(
    "ApprovalResolvedEvent",
    z.looseObject({ time, approval: approvalSchema }).describe("It was decided, by whomever, or has expired."),
  ),
  "usage/updated": named(
    "UsageUpdatedEvent",
    z.looseObject({ time, turnId: z.string(), usage: tokenUsageSchema }).describe("Tokens of the whole thread."),
  ),
  "events/gone": named(
    "EventsGoneEvent",
    z
      .looseObject({ time, upTo: z.int() })
      .describe("The last one of a stream: what this reader has not read is not kept any more. Has no id."),
  ),
} as const;

/** `Last-Event-ID`: where a stream that was read before goes on. */
export const lastEventIdSchema = z.string().regex(/^\d{1,15}$/, "expected the id of an event");

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
