import * as z from "zod";
import { cursorSchema, queryList, queryNumber } from "./query.ts";

/**
 * A prompt's life. `sending`: handed to Codex, which has not said yet that it took it. `interrupted`: its turn was, or it
 * may have run when Codex went away; it is never sent again. `cancelled`: taken back while it was queued.
 */
export const promptStateSchema = z.enum([
  "queued",
  "sending",
  "running",
  "completed",
  "failed",
  "interrupted",
  "cancelled",
]);

/**
 * What to do while a turn runs or other prompts wait. `queue`: wait for them. `steer`: go into the running turn.
 * `interrupt`: interrupt the running turn and be the next one. `reject`: 409. Without a turn, each is sent at once; a
 * paused queue holds back only what was queued.
 */
export const whenBusySchema = z.enum(["queue", "steer", "interrupt", "reject"]);

const dataUrl = z
  .string()
  .regex(/^data:image\/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*$/, "expected data:image/…;base64,…");

/** A part of a prompt, as Codex's `UserInput`. */
const inputPartSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1) }),
  /** An image in the request itself. */
  z.strictObject({ type: z.literal("image"), url: dataUrl }),
  /** An image file of the workspace, such as an uploaded one; relative to the session's directory. */
  z.strictObject({ type: z.literal("localImage"), path: z.string().min(1) }),
]);

/** `POST /v1/sessions/{session}/prompts`. */
export const promptRequestSchema = z
  .strictObject({
    /** A text, or parts. */
    input: z.union([z.string().min(1), z.array(inputPartSchema).min(1)]),
    /** @default `queue` */
    whenBusy: whenBusySchema.default("queue"),
    /** For this prompt's turn alone. @default the session's */
    model: z.string().min(1).optional(),
    /** Reasoning effort, for this prompt's turn alone. @default the session's */
    effort: z.string().min(1).optional(),
    /** JSON Schema of the final answer. */
    outputSchema: z.record(z.string(), z.unknown()).optional(),
  })
  .superRefine(({ whenBusy, ...rest }, context) => {
    if (whenBusy !== "steer") return;
    for (const key of ["model", "effort", "outputSchema"] as const) {
      if (rest[key] === undefined) continue;
      context.addIssue({ code: "custom", path: [key], message: "a prompt that steers joins a turn as it is" });
    }
  });

/** Tokens, as Codex counts them. */
export const tokenUsageSchema = z.looseObject({
  totalTokens: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningOutputTokens: z.number(),
});

/** A prompt's part as it is shown again: an image without its bytes. */
const shownPartSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("image"), mediaType: z.string(), bytes: z.int() }),
  z.looseObject({ type: z.literal("localImage"), path: z.string() }),
]);

export const promptSchema = z.looseObject({
  id: z.string(),
  session: z.string(),
  state: promptStateSchema,
  input: z.array(shownPartSchema),
  whenBusy: whenBusySchema,
  model: z.string().optional(),
  effort: z.string().optional(),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  /** RFC 3339. */
  createdAt: z.string(),
  /** When it was handed to Codex. */
  sentAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** Codex's turn; several prompts have the same one where one steered another's. */
  turnId: z.string().optional(),
  /** What the turn answered: what Codex calls the final answer, else its last message. */
  finalMessage: z.string().optional(),
  /** Of the turn. */
  usage: tokenUsageSchema.optional(),
  /** Why it failed, or what is known of an interruption. */
  error: z.string().optional(),
});

/** `GET /v1/sessions/{session}/prompts`, in the order in which they were sent in. */
export const promptPageSchema = z.looseObject({
  prompts: z.array(promptSchema),
  /** For the next page; absent on the last one. */
  nextCursor: z.string().optional(),
});

/** A session's queue. */
export const queueSchema = z.looseObject({
  paused: z.boolean(),
  /** Prompts of ours that wait. */
  queued: z.int(),
  /** Prompts that wait in Codex's own queue, put there in the terminal; they go first. */
  queuedInCodex: z.int(),
});

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
  limit: queryNumber(z.int().min(1).max(100).default(50)),
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
