import {
  idempotencyKeySchema,
  type Prompt,
  promptQuerySchema,
  promptRequestSchema,
  promptsQuerySchema,
  type PromptPage,
} from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import type { Request, Response, Router } from "express";
import type { StoredPrompt, StoredRequest } from "../../session/prompt-store.ts";
import type { Session } from "../../session/session.ts";
import { actorOf } from "../access/gate.ts";
import { sendBody } from "../body.ts";
import { route } from "../route.ts";
import { toQueue } from "./session-body.ts";
import { pageOf } from "./page-of.ts";
import { bodyOf, headerOf, queryOf } from "./request.ts";

/** Room for a few images, and time for them to come. */
export type PromptLimits = Pick<ApiLimits, "promptMiB" | "requestTimeoutSeconds">;

/** A session's prompts and its queue. */
export function addPromptRoutes(
  router: Router,
  { promptMiB, requestTimeoutSeconds }: PromptLimits,
  sessionOf: (request: Request) => Session,
): void {
  const limits = { limitBytes: promptMiB * 1024 ** 2, deadlineMs: requestTimeoutSeconds * 1000 };
  route(router, "/prompts", {
    async POST(request, response) {
      const session = sessionOf(request);
      const body = await bodyOf(request, promptRequestSchema, limits);
      const prompt = session.prompt(body, actorOf(response), idempotencyKey(request));
      response.status(202).setHeader("Location", `/v1/sessions/${session.name}/prompts/${prompt.id}`);
      sendPrompt(response, prompt);
    },
    GET(request, response) {
      const { state, cursor, limit } = queryOf(request, promptsQuerySchema);
      // One more than is shown tells whether there is another page.
      const found = sessionOf(request).prompts.page({ states: state, after: cursor, limit: limit + 1 });
      const { shown, last } = pageOf(found, limit, toBody);
      const page: PromptPage = {
        prompts: shown.map(toBody),
        ...(last !== undefined && { nextCursor: String(last.seq) }),
      };
      sendBody(response, "PromptPage", page);
    },
  });

  route(router, "/prompts/:prompt", {
    async GET(request, response) {
      const { wait } = queryOf(request, promptQuerySchema);
      const { prompts } = sessionOf(request);
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(wait * 1000)]);
      const id = String(request.params["prompt"]);
      sendPrompt(response, wait === 0 ? prompts.get(id) : await prompts.ended(id, signal));
    },
    DELETE(request, response) {
      sendPrompt(response, sessionOf(request).prompts.cancel(String(request.params["prompt"]), actorOf(response)));
    },
  });

  route(router, "/queue", {
    GET: (request, response) => sendBody(response, "Queue", toQueue(sessionOf(request))),
  });
  const pause = (paused: boolean) => (request: Request, response: Response) => {
    const session = sessionOf(request);
    session.pauseQueue(paused, actorOf(response));
    sendBody(response, "Queue", toQueue(session));
  };
  route(router, "/queue/pause", { POST: pause(true) });
  route(router, "/queue/resume", { POST: pause(false) });
}

function idempotencyKey(request: Request): string | undefined {
  const key = headerOf(request, "Idempotency-Key", idempotencyKeySchema);
  return key === undefined ? undefined : `client:${key}`;
}

function sendPrompt(response: Response, prompt: StoredPrompt): void {
  sendBody(response, "Prompt", toBody(prompt));
}

function toBody({ id, session, state, request, createdAt, ...rest }: StoredPrompt): Prompt {
  const { input, ...settings } = request;
  const { sentAt, endedAt, turnId, finalMessage, usage, error, code } = rest;
  const known = Object.entries({ sentAt, endedAt, turnId, finalMessage, usage, error, code }).filter(
    ([, value]) => value !== undefined,
  );
  return { id, session, state, input: input.map(toShownPart), ...settings, createdAt, ...Object.fromEntries(known) };
}

function toShownPart(part: StoredRequest["input"][number]): Prompt["input"][number] {
  if (part.type !== "image") return part;
  const [, mediaType = "", base64 = ""] = /^data:([^;]*);base64,(.*)$/.exec(part.url) ?? [];
  return { type: "image", mediaType, bytes: Buffer.byteLength(base64, "base64") };
}
