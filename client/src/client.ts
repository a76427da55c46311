import {
  type MessageBody,
  type MessageRequest,
  messagesBodySchema,
  type MessagesBody,
  okBodySchema,
  type Prompt,
  type PromptInput,
  promptSchema,
  type Readiness,
  readinessSchema,
  type Scope,
  type StatusBody,
  statusBodySchema,
  type Ticket,
  ticketSchema,
  type WorkspaceStatus,
  workspaceStatusSchema,
} from "@codex-workspace/api";
import { ApiError, toApiError, UnreachableError } from "./api-error.ts";
import { readEvents, type WorkspaceEvent } from "./events.ts";

export interface ClientOptions {
  /** Of the wrapper: `http://127.0.0.1:3284`; may have a path. */
  readonly baseUrl: string;
  /**
   * Sent as bearer token; a function is asked before every request, so that a token can be exchanged while the client is
   * in use. @default - no Authorization header, which only `ready`, and an API without tokens, can do without
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** @default - the global `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SubmitOptions extends CallOptions {
  /** The same key and prompt are one prompt, however often they are sent. @default - a new one */
  readonly idempotencyKey?: string | undefined;
}

export interface TicketOptions extends CallOptions {
  readonly scopes?: readonly Scope[] | undefined;
}

export interface StableOptions extends CallOptions {
  /** How long to wait. */
  readonly deadlineMs: number;
}

/** A schema of the api package: the border at which an answer gets its type. */
interface Schema<T> {
  parse(value: unknown): T;
}

/** For how long a wrapper that went away in mid-turn may take to come back. */
const reconnectMs = 15_000;
const reconnectPauseMs = 300;
/** How often a turn that is silent is asked after. */
const failureCheckMs = 2_000;
/** For how long one request waits for the end of a prompt. */
const longPollSeconds = 30;

/**
 * A client of one workspace. Every method throws `ApiError` when the wrapper refuses, `UnreachableError` when nobody
 * answers, and the signal's own reason when it is aborted.
 */
export function createClient(options: ClientOptions): WorkspaceClient {
  return new WorkspaceClient(options);
}

export class WorkspaceClient {
  readonly baseUrl: string;
  readonly #token: ClientOptions["token"];
  readonly #fetch: typeof globalThis.fetch;

  constructor({ baseUrl, token, fetch = globalThis.fetch }: ClientOptions) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.#token = token;
    // Browsers refuse a fetch that is called as somebody's method.
    this.#fetch = (input, init) => fetch(input, init);
  }

  /** `GET /status`. */
  status(options?: CallOptions): Promise<StatusBody> {
    return this.#get("/status", statusBodySchema, options);
  }

  /** `GET /messages`. */
  messages(options?: CallOptions): Promise<MessagesBody> {
    return this.#get("/messages", messagesBodySchema, options);
  }

  /** `GET /v1/status`. */
  workspaceStatus(options?: CallOptions): Promise<WorkspaceStatus> {
    return this.#get("/v1/status", workspaceStatusSchema, options);
  }

  /** `GET /readyz`: a value also when the workspace is not ready. Needs no token. */
  async ready(options?: CallOptions): Promise<Readiness> {
    const response = await this.#call("/readyz", options);
    if (!response.ok && response.status !== 503) throw await toApiError(response);
    return readinessSchema.parse(await response.json());
  }

  /** Sends a prompt; settles when it is one of the messages. Throws `ApiError` with code `SESSION_BUSY` while a turn runs. */
  async sendMessage(content: string, options?: CallOptions): Promise<void> {
    await this.#post({ content, type: "user" }, options);
  }

  /** Writes to the session's terminal, as if typed there. */
  async sendRaw(content: string, options?: CallOptions): Promise<void> {
    await this.#post({ content, type: "raw" }, options);
  }

  /** `GET /events`: every message and the status, then what changes, until the wrapper ends the stream or `signal` aborts. */
  async *events({ signal }: CallOptions = {}): AsyncGenerator<WorkspaceEvent, void, undefined> {
    const response = await this.#call("/events", { signal });
    if (!response.ok) throw await toApiError(response);
    if (response.body === null) return;
    try {
      yield* readEvents(response.body);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof TypeError ? new UnreachableError(this.baseUrl, error) : error;
    }
  }

  /** Whether the session takes a prompt before the deadline. Throws `ApiError` when it never will. */
  async waitUntilStable({ deadlineMs, signal }: StableOptions): Promise<boolean> {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      await this.#stable(anySignal([deadline, signal]));
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      if (deadline.aborted) return false;
      throw error;
    }
  }

  /** Sends a prompt, waits for the end of its turn and returns the agent's answer. */
  async prompt(text: string, { signal }: CallOptions = {}): Promise<MessageBody> {
    const { messages: before } = await this.messages({ signal });
    await this.sendMessage(text, { signal });
    await this.#stable(signal);
    const { messages } = await this.messages({ signal });
    // Somebody else may have sent one in the meantime: ours is the first new one with our text.
    const wanted = text.trim();
    const added = messages.slice(before.length);
    const sent = added.findIndex(({ role, content }) => role === "user" && content.trim() === wanted);
    const answer = added.slice(sent + 1).find(({ role }) => role === "agent");
    if (answer !== undefined) return answer;
    throw new ApiError("the turn ended without an answer", { status: 200, code: "PROMPT_UNCERTAIN" });
  }

  /** `POST /v1/sessions/main/prompts`: settles when the prompt is on disk. Queued while a turn runs, unless it says else. */
  async submitPrompt(prompt: PromptInput, { idempotencyKey, signal }: SubmitOptions = {}): Promise<Prompt> {
    const key = idempotencyKey ?? globalThis.crypto.randomUUID();
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const init = { method: "POST", headers, body: JSON.stringify(prompt) };
    const response = await this.#call("/v1/sessions/main/prompts", { signal }, init);
    if (!response.ok) throw await toApiError(response);
    return promptSchema.parse(await response.json());
  }

  /** Settles when a prompt has ended, however. Goes on over a restart of the wrapper. */
  async promptEnded(id: string, { signal }: CallOptions = {}): Promise<Prompt> {
    return this.#unlessFailed(signal, async (both) => {
      const path = `/v1/sessions/main/prompts/${encodeURIComponent(id)}?wait=${longPollSeconds}`;
      for (;;) {
        const prompt = await this.#overRestarts(both, () => this.#get(path, promptSchema, { signal: both }));
        if (prompt.endedAt !== undefined) return prompt;
      }
    });
  }

  /** `POST /v1/tickets`: stands for the token in one address, once and for 30 s; with some of its scopes, or with all. */
  async ticket({ scopes, signal }: TicketOptions = {}): Promise<Ticket> {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(scopes === undefined ? {} : { scopes }),
    };
    const response = await this.#call("/v1/tickets", { signal }, init);
    if (!response.ok) throw await toApiError(response);
    return ticketSchema.parse(await response.json());
  }

  /** The WebSocket of the session's terminal. It wants the same token as header, or a ticket in its address. */
  terminalUrl(ticket?: string): string {
    return withTicket(`${this.baseUrl.replace(/^http/, "ws")}/v1/sessions/main/terminal`, ticket);
  }

  /** What a browser's EventSource opens: `GET /events`, with a ticket, since it sends no header. */
  eventsUrl(ticket?: string): string {
    return withTicket(`${this.baseUrl}/events`, ticket);
  }

  /** Settles when the session takes prompts. */
  #stable(signal: AbortSignal | undefined): Promise<void> {
    return this.#unlessFailed(signal, async (both) => {
      // The stream ends when the wrapper is restarted; then it is opened again.
      while (!(await this.#overRestarts(both, () => this.#followUntilStable(both))))
        await pause(reconnectPauseMs, both);
    });
  }

  /** Whether the event stream came to `stable` before it ended. */
  async #followUntilStable(signal: AbortSignal): Promise<boolean> {
    for await (const { type, data } of this.events({ signal })) {
      if (type === "status_change" && data.status === "stable") return true;
    }
    return false;
  }

  /** Waits for something, and rejects when the session is lost for good meanwhile. */
  async #unlessFailed<T>(signal: AbortSignal | undefined, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const done = new AbortController();
    const both = anySignal([done.signal, signal]);
    try {
      return await Promise.race([wait(both), this.#throwWhenFailed(both)]);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      done.abort();
    }
  }

  /** Asks again while nobody answers, for `reconnectMs`. */
  async #overRestarts<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    let lostAt: number | undefined;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        lostAt ??= Date.now();
        if (Date.now() - lostAt > reconnectMs) throw error;
      }
      await pause(reconnectPauseMs, signal);
    }
  }

  /** Never settles well: it rejects when the session is lost for good, of which the event stream says nothing. */
  async #throwWhenFailed(signal: AbortSignal): Promise<never> {
    for (;;) {
      await pause(failureCheckMs, signal);
      const readiness = await this.ready({ signal }).catch((error: unknown) => {
        if (error instanceof UnreachableError) return undefined;
        throw error;
      });
      if (readiness?.state === "failed") {
        throw new ApiError(readiness.reason ?? "the session failed", { status: 503, code: "SESSION_NOT_READY" });
      }
    }
  }

  async #get<T>(path: string, schema: Schema<T>, options?: CallOptions): Promise<T> {
    const response = await this.#call(path, options);
    if (!response.ok) throw await toApiError(response);
    return schema.parse(await response.json());
  }

  async #post(body: MessageRequest, options?: CallOptions): Promise<void> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await this.#call("/message", options, init);
    if (!response.ok) throw await toApiError(response);
    okBodySchema.parse(await response.json());
  }

  async #call(path: string, { signal }: CallOptions = {}, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    try {
      return await this.#fetch(`${this.baseUrl}${path}`, { ...init, headers, ...(signal !== undefined && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(this.baseUrl, error);
    }
  }
}

function withTicket(url: string, ticket: string | undefined): string {
  return ticket === undefined ? url : `${url}?ticket=${encodeURIComponent(ticket)}`;
}

function anySignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, durationMs);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
