import * as z from "zod";
import { clientJsonBounds, within } from "@codex-workspace/core/json-bounds";
import { named, schemaMember } from "./named-schema.ts";
import { cursorSchema, nextCursorSchema, queryLimit, queryList, queryNumber } from "./query.ts";
import { interruptedBySchema, turnFailureSchema } from "./turn-outcome.ts";

/** A prompt's life. */
export const promptStateSchema = named(
  "PromptState",
  z
    .enum(["queued", "sending", "running", "completed", "failed", "interrupted", "cancelled"])
    .describe(
      "`sending`: handed to Codex, which has not said yet that it took it. `interrupted`: its turn was, or it may have " +
        "run when Codex went away; it is never sent again. `cancelled`: taken back while it was queued.",
    ),
);

/** What to do while a turn runs or other prompts wait. */
export const whenBusySchema = named(
  "WhenBusy",
  z
    .enum(["queue", "steer", "interrupt", "reject"])
    .describe(
      "What to do while a turn runs or other prompts wait. `queue`: wait for them. `steer`: go into the running turn. " +
        "`interrupt`: interrupt the running turn and be the next one. `reject`: 409. Without a turn, each is sent at " +
        "once; a paused queue holds back only what was queued. Default of a request: `queue`.",
    ),
);

const dataUrl = z
  .string()
  .regex(/^data:image\/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*$/, "expected data:image/…;base64,…");

/** A part of a prompt, as Codex's `UserInput`. */
const inputPartSchema = named(
  "InputPart",
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("text"), text: z.string().min(1) }),
    z.strictObject({ type: z.literal("image"), url: dataUrl.describe("The image itself.") }),
    z.strictObject({
      type: z.literal("localImage"),
      path: z
        .string()
        .min(1)
        .describe("A file of the workspace, such as an uploaded one; relative to the session's directory."),
    }),
  ]),
);

/** `POST /v1/sessions/{session}/prompts`. */
export const promptRequestSchema = named(
  "PromptRequest",
  z
    .strictObject({
      input: z.union([z.string().min(1), z.array(inputPartSchema).min(1)]).describe("A text, or parts."),
      whenBusy: whenBusySchema.default("queue"),
      model: z.string().min(1).optional().describe("For this prompt's turn alone; the session's when left out."),
      effort: z
        .string()
        .min(1)
        .optional()
        .describe("Reasoning effort, for this prompt's turn alone; the session's when left out."),
      outputSchema: z
        .record(z.string(), z.unknown())
        .superRefine(within(clientJsonBounds))
        .optional()
        .describe("JSON Schema of the final answer: at most 64 levels, 20,000 values and 1,000,000 characters."),
    })
    .superRefine(({ whenBusy, ...rest }, context) => {
      if (whenBusy !== "steer") return;
      for (const key of ["model", "effort", "outputSchema"] as const) {
        if (rest[key] === undefined) continue;
        context.addIssue({ code: "custom", path: [key], message: "a prompt that steers joins a turn as it is" });
      }
    }),
);

/** `Idempotency-Key` of a prompt. */
export const idempotencyKeySchema = z.string().min(1).max(255);

/** Tokens, as Codex counts them. */
export const tokenUsageSchema = named(
  "TokenUsage",
  z.looseObject({
    totalTokens: z.number(),
    inputTokens: z.number(),
    cachedInputTokens: z.number(),
    outputTokens: z.number(),
    reasoningOutputTokens: z.number(),
  }),
);

/** A prompt's part as it is shown again: an image without its bytes. */
const shownPartSchema = named(
  "ShownPart",
  z.discriminatedUnion("type", [
    z.looseObject({ type: z.literal("text"), text: z.string() }),
    z.looseObject({ type: z.literal("image"), mediaType: z.string(), bytes: z.int() }),
    z.looseObject({ type: z.literal("localImage"), path: z.string() }),
  ]),
);

export const promptSchema = named(
  "Prompt",
  z.looseObject({
    ...schemaMember,
    id: z.string(),
    session: z.string(),
    state: promptStateSchema,
    input: z.array(shownPartSchema).describe("Its parts; of an image its type and size."),
    whenBusy: whenBusySchema,
    model: z.string().optional(),
    effort: z.string().optional(),
    outputSchema: z.record(z.string(), z.unknown()).optional(),
    createdAt: z.string().describe("RFC 3339."),
    sentAt: z.string().optional().describe("When it was handed to Codex, RFC 3339."),
    endedAt: z.string().optional().describe("RFC 3339."),
    turnId: z
      .string()
      .optional()
      .describe("Codex's turn; several prompts have the same one where one steered another's."),
    finalMessage: z
      .string()
      .optional()
      .describe("What the turn answered: what Codex calls the final answer, else its last message."),
    /** Of the turn. */
    usage: tokenUsageSchema.optional(),
    error: z.string().optional().describe("Why it failed, or what is known of an interruption."),
    failure: turnFailureSchema.optional(),
    interruptedBy: interruptedBySchema.optional(),
    code: z
      .string()
      .optional()
      .describe("`PROMPT_UNCERTAIN`: Codex did not say that it took it. It may have run, and is never sent again."),
  }),
);

/** `GET /v1/sessions/{session}/prompts`, in the order in which they were sent in. */
export const promptPageSchema = named(
  "PromptPage",
  z.looseObject({ ...schemaMember, prompts: z.array(promptSchema), nextCursor: nextCursorSchema }),
);

/** A session's queue. */
export const queueSchema = named(
  "Queue",
  z.looseObject({
    ...schemaMember,
    paused: z.boolean(),
    queued: z.int().describe("Prompts of ours that wait."),
    queuedInCodex: z
      .int()
      .describe("Prompts that wait in Codex's own queue, put there in the terminal; they go first."),
  }),
);

const maxWaitSeconds = 60;

/** Query of `GET /v1/sessions/{session}/prompts/{prompt}`. */
export const promptQuerySchema = z.strictObject({
  wait: queryNumber(z.number().min(0).max(maxWaitSeconds).default(0)).describe(
    "For how many seconds to wait for its end.",
  ),
});

/** Query of `GET /v1/sessions/{session}/prompts`. */
export const promptsQuerySchema = z.strictObject({
  state: queryList(promptStateSchema).describe("Only those in one of these states."),
  cursor: cursorSchema.prefault("0"),
  limit: queryLimit({ max: 100, default: 50 }),
});

export type PromptState = z.infer<typeof promptStateSchema>;
export type WhenBusy = z.infer<typeof whenBusySchema>;
/** As it is sent: what has a default may be left out. */
export type PromptInput = z.input<typeof promptRequestSchema>;
export type PromptRequest = z.output<typeof promptRequestSchema>;
export type TokenUsage = z.infer<typeof tokenUsageSchema>;
export type Prompt = z.infer<typeof promptSchema>;
export type PromptPage = z.infer<typeof promptPageSchema>;
export type Queue = z.infer<typeof queueSchema>;
