import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import express, { type ErrorRequestHandler, type Express, type Response } from "express";
import { answerHousekeeping, echoScript, inOrder, type Script } from "./script.ts";
import { responsesBody, toScriptedRequest, type Purpose, type ScriptedRequest } from "./scripted-request.ts";
import { openAiError, toTimeline, type Moment } from "./timeline.ts";

export interface ScriptedModelOptions {
  /**
   * What turns are answered: a function, or a list with one answer for each request.
   * @default echoScript
   */
  readonly script?: Script | Parameters<typeof inOrder>[0];
  /**
   * The only bearer token that is let in; anything else gets 401.
   * @default - every request is let in
   */
  readonly apiKey?: string;
  /**
   * Ids that `GET /v1/models` lists. Requests may name any model.
   * @default ["gpt-5.5"]
   */
  readonly models?: readonly string[];
  /**
   * Id of a response, which the ids of its items are made of. Some servers repeat them.
   * @default - random
   */
  readonly responseId?: () => string;
}

export interface ListenOptions {
  /** @default 0 - a free port */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
}

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Of the URL. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON body, or `undefined` when there was none. */
  readonly body: unknown;
  /** What a request to `/v1/responses` was for; `undefined` for every other one. */
  readonly purpose: Purpose | undefined;
  readonly at: Date;
}

export interface WaitForRequestOptions {
  /** @default 10000 */
  readonly timeoutMs?: number;
  /**
   * Which requests count.
   * @default - those of turns, so not titles, compactions or lists of models
   */
  readonly counting?: (request: RecordedRequest) => boolean;
}

/** A model that answers, listening or not. */
export interface ScriptedModel {
  /** Everything that was asked, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Serves the API below `/v1`. */
  readonly app: Express;
  /**
   * The nth request that counts, the first being 1, as soon as it has arrived.
   * @throws Error when the deadline passes first
   */
  waitForRequest(nth: number, options?: WaitForRequestOptions): Promise<RecordedRequest>;
}

export interface RunningScriptedModel extends ScriptedModel, AsyncDisposable {
  /** The base URL for Codex's `model_providers.NAME.base_url`: `http://HOST:PORT/v1`. */
  readonly url: string;
  readonly port: number;
}

/** Builds the model without a port of its own. */
export function createScriptedModel(options: ScriptedModelOptions = {}): ScriptedModel {
  const { script = echoScript, apiKey, models = ["gpt-5.5"], responseId = randomId } = options;
  const answer = typeof script === "function" ? script : inOrder(script);
  const requests: RecordedRequest[] = [];
  const arrivals = new EventTarget();
  const app = express().disable("x-powered-by");

  const record = (recorded: RecordedRequest) => {
    requests.push(recorded);
    arrivals.dispatchEvent(new Event("request"));
  };

  // Codex sends the whole conversation with each request, pictures included.
  app.use(express.json({ limit: "256mb" }));
  app.use((request, response, next) => {
    const parsed = request.path === "/v1/responses" ? responsesBody.safeParse(request.body) : undefined;
    const scripted = parsed?.success ? toScriptedRequest(parsed.data) : undefined;
    response.locals["scripted"] = scripted;
    record({
      method: request.method,
      path: request.path,
      query: request.query,
      headers: request.headers,
      body: request.body,
      purpose: scripted?.purpose,
      at: new Date(),
    });
    if (apiKey === undefined || request.headers.authorization === `Bearer ${apiKey}`) next();
    else refuse(response, { status: 401, message: "Incorrect API key provided." });
  });

  app.post("/v1/responses", async (_request, response) => {
    const scripted = response.locals["scripted"] as ScriptedRequest | undefined;
    if (scripted === undefined) {
      refuse(response, {
        status: 400,
        message: "The body is no request to the Responses API: it needs `model` and `input`.",
      });
      return;
    }
    const replies = isHousekeeping(scripted) ? answerHousekeeping(scripted) : await answer(scripted);
    const timeline = toTimeline([replies].flat(), {
      id: responseId(),
      model: scripted.model,
      createdAt: Math.floor(Date.now() / 1000),
    });
    await play(timeline, response, scripted.body.stream === true);
  });

  // Codex tries a WebSocket first where its provider allows it; this status makes it use HTTP.
  app.get("/v1/responses", (_request, response) => refuse(response, { status: 426, message: "Use POST." }));

  app.get("/v1/models", (_request, response) => {
    response.json({
      object: "list",
      data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "codex-workspace" })),
    });
  });

  app.use((request, response) =>
    refuse(response, { status: 404, message: `Unknown request URL: ${request.method} ${request.path}.` }),
  );

  const onError: ErrorRequestHandler = (error: { status?: number; message?: string }, _request, response, next) => {
    if (response.headersSent) next(error);
    else refuse(response, { status: error.status ?? 500, message: error.message ?? "The script failed." });
  };
  app.use(onError);

  return {
    app,
    requests,
    waitForRequest: (nth, waiting) => waitForRequest(requests, arrivals, nth, waiting),
  };
}

/** Starts a scripted model on a port, by default a free one on loopback. */
export async function startScriptedModel(
  options: ScriptedModelOptions & ListenOptions = {},
): Promise<RunningScriptedModel> {
  const { port: wantedPort = 0, host = "127.0.0.1" } = options;
  const model = createScriptedModel(options);
  const server = await listen(model.app, wantedPort, host);
  const { port } = server.address() as AddressInfo;
  return {
    ...model,
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/v1`,
    [Symbol.asyncDispose]: () => close(server),
  };
}

function randomId(): string {
  return `resp_${randomUUID().replaceAll("-", "")}`;
}

function listen(app: Express, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error) => {
      if (error === undefined) resolve(server);
      else reject(error);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    // An answer that hangs on purpose would keep the server open for ever.
    server.closeAllConnections();
  });
}

async function waitForRequest(
  requests: readonly RecordedRequest[],
  arrivals: EventTarget,
  nth: number,
  { timeoutMs = 10_000, counting = ({ purpose }) => purpose === "turn" }: WaitForRequestOptions = {},
): Promise<RecordedRequest> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const counted = requests.filter(counting);
    const found = counted[nth - 1];
    if (found !== undefined) return found;
    if (deadline.aborted) {
      throw new Error(
        `request ${nth} did not come within ${timeoutMs} ms; ${counted.length} of ${requests.length} counted`,
      );
    }
    await new Promise((resolve) => {
      arrivals.addEventListener("request", resolve, { once: true, signal: deadline });
      deadline.addEventListener("abort", resolve, { once: true });
    });
  }
}

function isHousekeeping(
  request: ScriptedRequest,
): request is ScriptedRequest & { readonly purpose: "title" | "compaction" } {
  return request.purpose !== "turn";
}

function refuse(response: Response, error: Parameters<typeof openAiError>[0]): void {
  const { status, ...body } = openAiError(error);
  response.status(status).json(body);
}

/** Does what the timeline says, until its end or until the client has gone. */
async function play(timeline: Iterable<Moment>, response: Response, stream: boolean): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for (const moment of timeline) {
    if (gone.signal.aborted) return;
    switch (moment.do) {
      case "wait":
        await pause(moment.ms, gone.signal);
        break;
      case "hang":
        return;
      case "disconnect":
        // What has been sent shall still arrive, so that an answer can be cut off in its middle.
        response.socket?.destroySoon();
        return;
      case "refuse":
        response.status(moment.status).json(moment.body);
        return;
      case "send":
        if (stream) {
          if (!response.headersSent) {
            response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
          }
          response.write(`event: ${moment.event.type}\ndata: ${JSON.stringify(moment.event)}\n\n`);
        } else if (["response.completed", "response.failed"].includes(moment.event.type)) {
          response.json(moment.event["response"]);
        }
    }
  }
  if (stream) response.end();
}

async function pause(ms: number, gone: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: gone });
  } catch (error) {
    // The client has gone: the caller looks at the signal and stops.
    if (!gone.aborted) throw error;
  }
}
