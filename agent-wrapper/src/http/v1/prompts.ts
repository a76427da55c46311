import {
  type Prompt,
  promptQuerySchema,
  promptRequestSchema,
  promptsQuerySchema,
  type PromptPage,
  type Queue,
} from "@codex-workspace/api";
import type { Request, Response, Router } from "express";
import type { StoredPrompt, StoredRequest } from "../../session/prompt-store.ts";
import type { Session } from "../../session/session.ts";
import { sendBody } from "../body.ts";
import { HttpProblem } from "../problem.ts";
import { bodyOf, promptLimits, queryOf } from "./request.ts";

const maxKeyLength = 255;

/** A session's prompts and its queue. */
export function addPromptRoutes(router: Router, sessionOf: (request: Request) => Session): void {
  router.post("/prompts", async (request, response) => {
    const body = await bodyOf(request, promptRequestSchema, promptLimits);
    const prompt = sessionOf(request).prompt(body, idempotencyKey(request));
    response.status(202).setHeader("Location", `${request.originalUrl.split("?")[0]}/${prompt.id}`);
    sendPrompt(response, prompt);
  });

  router.get("/prompts", (request, response) => {
    const { state, cursor, limit } = queryOf(request, promptsQuerySchema);
    // One more than is shown tells whether there is another page.
    const found = sessionOf(request).prompts.page({ states: state, after: cursor, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    const page: PromptPage = {
      prompts: shown.map(toBody),
      ...(last !== undefined && { nextCursor: String(last.seq) }),
    };
    sendBody(response, "PromptPage", page);
  });

  router.get("/prompts/:prompt", async (request, response) => {
    const { wait } = queryOf(request, promptQuerySchema);
    const { prompts } = sessionOf(request);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(wait * 1000)]);
    const id = request.params.prompt;
    sendPrompt(response, wait === 0 ? prompts.get(id) : await prompts.ended(id, signal));
  });

  router.delete("/prompts/:prompt", (request, response) => {
    sendPrompt(response, sessionOf(request).prompts.cancel(request.params.prompt));
  });

  router.get("/queue", (request, response) => sendBody(response, "Queue", toQueue(sessionOf(request))));

  for (const [path, paused] of [
    ["/queue/pause", true],
    ["/queue/resume", false],
  ] as const) {
    router.post(path, (request, response) => {
      const session = sessionOf(request);
      session.pauseQueue(paused);
      sendBody(response, "Queue", toQueue(session));
    });
  }
}

function toQueue({ prompts, queuedInCodex }: Session): Queue {
  return { paused: prompts.paused, queued: prompts.length, queuedInCodex };
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && key !== "" && key.length <= maxKeyLength) return `client:${key}`;
  throw new HttpProblem(422, `Idempotency-Key has 1 to ${maxKeyLength} characters`, {
    code: "REQUEST_INVALID",
    remedy: "Use a UUID.",
  });
}

function sendPrompt(response: Response, prompt: StoredPrompt): void {
  sendBody(response, "Prompt", toBody(prompt));
}

function toBody({ id, session, state, request, createdAt, ...rest }: StoredPrompt): Prompt {
  const { input, ...settings } = request;
  const { sentAt, endedAt, turnId, finalMessage, usage, error } = rest;
  const known = Object.entries({ sentAt, endedAt, turnId, finalMessage, usage, error }).filter(
    ([, value]) => value !== undefined,
  );
  return { id, session, state, input: input.map(toShownPart), ...settings, createdAt, ...Object.fromEntries(known) };
}

function toShownPart(part: StoredRequest["input"][number]): Prompt["input"][number] {
  if (part.type !== "image") return part;
  const [, mediaType = "", base64 = ""] = /^data:([^;]*);base64,(.*)$/.exec(part.url) ?? [];
  return { type: "image", mediaType, bytes: Buffer.byteLength(base64, "base64") };
}
