import type { Operation } from "../operation.ts";
import { promptParameter, queryParameters, sessionParameter } from "../parameters.ts";
import {
  idempotencyKeySchema,
  promptPageSchema,
  promptQuerySchema,
  promptRequestSchema,
  promptSchema,
  promptsQuerySchema,
  queueSchema,
} from "../prompts.ts";
import { routeOf } from "../routes.ts";
import { json } from "./json.ts";

const tag = "Prompts";

const queued = {
  id: promptParameter.example,
  session: sessionParameter.example,
  state: "queued",
  input: [{ type: "text", text: "What does this project do?" }],
  whenBusy: "queue",
  createdAt: "2026-01-02T03:04:05.678Z",
};
const completed = {
  ...queued,
  state: "completed",
  sentAt: "2026-01-02T03:04:05.680Z",
  endedAt: "2026-01-02T03:04:09.012Z",
  turnId: "019a2b3e-6f70-7b91-acbd-2e3f4a5b6c7d",
  finalMessage: "It runs **Codex** in a container.",
  usage: {
    totalTokens: 1250,
    inputTokens: 1200,
    cachedInputTokens: 1024,
    outputTokens: 50,
    reasoningOutputTokens: 16,
  },
};
const queue = { paused: false, queued: 0, queuedInCodex: 0 };

const noRoom = { 507: "Nothing can be written to the disk" };

/** A session's prompts, and its queue. */
export const promptOperations: readonly Operation[] = [
  {
    ...routeOf("send-prompt"),
    summary: "Send a prompt",
    description: "Answered once it is on disk; what became of it, the prompt itself tells.",
    tag,
    parameters: [
      sessionParameter,
      {
        name: "Idempotency-Key",
        in: "header",
        description:
          "Prompts that one token sends with the same key in the same session are one prompt, which is sent once.",
        schema: idempotencyKeySchema.optional(),
        example: "8b1f5c2e-0d4a-4e6b-b7c9-3a2d1e0f9c8b",
      },
    ],
    request: json(promptRequestSchema, { input: "What does this project do?", whenBusy: "queue" }),
    answers: {
      202: { description: "It is on disk", headers: { Location: "Its path" }, content: json(promptSchema, queued) },
    },
    problems: {
      409: "The session is archived, or, with `reject`, busy; or another body came with the same Idempotency-Key",
      429: "The tokens of the day are used up, or the token has too many pending prompts; Retry-After says when to retry",
      503: "The session has failed",
      507: "The disk is full, or the pending prompts of all tokens take all room",
    },
  },
  {
    ...routeOf("list-prompts"),
    summary: "Prompts of a session",
    description: "In the order in which they were sent in.",
    tag,
    parameters: [
      sessionParameter,
      ...queryParameters(promptsQuerySchema, { state: ["running", "completed"], cursor: "0", limit: 20 }),
    ],
    answers: { 200: { description: "OK", content: json(promptPageSchema, { prompts: [completed], nextCursor: "1" }) } },
  },
  {
    ...routeOf("get-prompt"),
    summary: "A prompt as it is now",
    description: "With `wait`, when it has ended, or as it is after that time.",
    tag,
    parameters: [sessionParameter, promptParameter, ...queryParameters(promptQuerySchema, { wait: 2.5 })],
    answers: { 200: { description: "OK", content: json(promptSchema, completed) } },
  },
  {
    ...routeOf("cancel-prompt"),
    summary: "Take a queued prompt back",
    description: "A running one ends with an interrupt of its session.",
    tag,
    parameters: [sessionParameter, promptParameter],
    answers: {
      200: {
        description: "It is cancelled",
        content: json(promptSchema, { ...queued, state: "cancelled", endedAt: completed.endedAt }),
      },
    },
    problems: { ...noRoom, 409: "It is not queued" },
  },
  {
    ...routeOf("get-queue"),
    summary: "A session's queue",
    description: "Whether it is paused, and how many wait.",
    tag,
    parameters: [sessionParameter],
    answers: { 200: { description: "OK", content: json(queueSchema, queue) } },
  },
  {
    ...routeOf("pause-queue"),
    summary: "Pause a session's queue",
    description: "What is queued waits until it is resumed; a turn that runs goes on.",
    tag,
    parameters: [sessionParameter],
    answers: { 200: { description: "It is paused", content: json(queueSchema, { ...queue, paused: true }) } },
    problems: noRoom,
  },
  {
    ...routeOf("resume-queue"),
    summary: "Resume a session's queue",
    description: "What waits is sent.",
    tag,
    parameters: [sessionParameter],
    answers: { 200: { description: "It is not paused", content: json(queueSchema, queue) } },
    problems: noRoom,
  },
];
