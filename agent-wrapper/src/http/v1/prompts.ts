import {
  idempotencyKeySchema,
  type Prompt,
  promptQuerySchema,
  promptRequestSchema,
  promptsQuerySchema,
  type PromptPage,
} from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import type { Response } from "express";
import { clientKey, type StoredPrompt, type StoredRequest } from "../../session/prompt-store.ts";
import type { Session } from "../../session/session.ts";
import { sendBody } from "../body.ts";
import { actorOf, type Call, callerOf, type Handler, type Handlers } from "../call.ts";
import { seesConversation, sendScoped } from "./conversation-scope.ts";
import { toQueue } from "./session-body.ts";
import { pageOf } from "./page-of.ts";
import { bodyOf, headerOf, queryOf } from "./request.ts";

/** Room for a few images, and time for them to come. */
export type PromptLimits = Pick<ApiLimits, "promptMiB" | "requestTimeoutSeconds">;

type PromptOperation = "send-prompt" | "list-prompts" | "get-prompt" | "cancel-prompt";
type QueueOperation = "get-queue" | "pause-queue" | "resume-queue";

/** Handlers of a session's prompts and its queue. */
export function promptHandlers(
  { promptMiB, requestTimeoutSeconds }: PromptLimits,
  sessionOf: (call: Call) => Session,
): Handlers<PromptOperation | QueueOperation, Response> {
  const limits = { limitBytes: promptMiB * 1024 ** 2, deadlineMs: requestTimeoutSeconds * 1000 };
  const pause = (paused: boolean): Handler<Response> => {
    return (call, response) => {
      const session = sessionOf(call);
      session.pauseQueue(paused, actorOf(call));
      sendBody(response, "Queue", toQueue(session));
    };
  };
  return {
    "send-prompt": async (call, response) => {
      const session = sessionOf(call);
      const body = await bodyOf(call, promptRequestSchema, limits);
      const prompt = session.prompt(body, actorOf(call), idempotencyKey(call));
      response.status(202).setHeader("Location", `/v1/sessions/${session.name}/prompts/${prompt.id}`);
      // A repeated key shows its own sender what that sender sent, and nothing of what became of it.
      sendBody(response, "Prompt", seesConversation(callerOf(call)) ? toBody(prompt) : toReceipt(prompt));
    },
    "list-prompts": (call, response) => {
      const { state, cursor, limit } = queryOf(call, promptsQuerySchema);
      // One more than is shown tells whether there is another page.
      const found = sessionOf(call).prompts.page({ states: state, after: cursor, limit: limit + 1 });
      const { shown, last } = pageOf(found, limit, toBody);
      const page: PromptPage = {
        prompts: shown.map(toBody),
        ...(last !== undefined && { nextCursor: String(last.seq) }),
      };
      sendBody(response, "PromptPage", page);
    },
    "get-prompt": async (call, response) => {
      const { wait } = queryOf(call, promptQuerySchema);
      const { prompts } = sessionOf(call);
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(wait * 1000)]);
      const id = String(call.params["prompt"]);
      sendBody(response, "Prompt", toBody(wait === 0 ? prompts.get(id) : await prompts.ended(id, signal)));
    },
    "cancel-prompt": (call, response) => {
      const cancelled = sessionOf(call).prompts.cancel(String(call.params["prompt"]), actorOf(call));
      sendScoped(call, response, "Prompt", toBody(cancelled));
    },
    "get-queue": (call, response) => sendBody(response, "Queue", toQueue(sessionOf(call))),
    "pause-queue": pause(true),
    "resume-queue": pause(false),
  };
}

function idempotencyKey(call: Call): string | undefined {
  const key = headerOf(call, "Idempotency-Key", idempotencyKeySchema);
  return key === undefined ? undefined : clientKey(callerOf(call).name, key);
}

function toBody({
  state,
  sentAt,
  endedAt,
  turnId,
  finalMessage,
  usage,
  error,
  failure,
  interruptedBy,
  code,
  ...accepted
}: StoredPrompt): Prompt {
  const known = Object.entries({
    sentAt,
    endedAt,
    turnId,
    finalMessage,
    usage,
    error,
    failure,
    interruptedBy,
    code,
  }).filter(([, value]) => value !== undefined);
  return { ...toReceipt(accepted), state, ...Object.fromEntries(known) };
}

/** Returns a prompt as it was when it was accepted. */
function toReceipt({
  id,
  session,
  request,
  createdAt,
}: Pick<StoredPrompt, "id" | "session" | "request" | "createdAt">): Prompt {
  const { input, ...settings } = request;
  return { id, session, state: "queued", input: input.map(toShownPart), ...settings, createdAt };
}

function toShownPart(part: StoredRequest["input"][number]): Prompt["input"][number] {
  if (part.type === "releasedImage") return { type: "image", mediaType: part.mediaType, bytes: part.bytes };
  if (part.type !== "image") return part;
  const [, mediaType = "", base64 = ""] = /^data:([^;]*);base64,(.*)$/.exec(part.url) ?? [];
  return { type: "image", mediaType, bytes: Buffer.byteLength(base64, "base64") };
}
