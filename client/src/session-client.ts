import {
  type Approval,
  type ApprovalPage,
  approvalPageSchema,
  approvalSchema,
  type ApprovalState,
  type DecisionRequest,
  type EndedTurn,
  endedTurnSchema,
  type ForkRequest,
  type ItemPage,
  itemPageSchema,
  type Prompt,
  type PromptInput,
  type PromptPage,
  promptPageSchema,
  promptSchema,
  type PromptState,
  type Queue,
  queueSchema,
  type SessionBody,
  sessionSchema,
} from "@codex-workspace/api";
import { UnreachableError } from "./api-error.ts";
import { readSessionEvents, type SessionEvent } from "./events.ts";
import { pause, reconnectMs, reconnectPauseMs, unlessFailed, untilAnswered } from "./reconnect.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { withTicket } from "./with-ticket.ts";

export interface PromptOptions extends CallOptions {
  /** What was sent with the same key is the same prompt. */
  readonly idempotencyKey?: string | undefined;
}

export interface PageOptions extends CallOptions {
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface ItemsOptions extends PageOptions {
  readonly types?: readonly string[] | undefined;
  /** `desc`: the newest first. @default asc */
  readonly order?: "asc" | "desc" | undefined;
}

export interface EventsOptions extends CallOptions {
  /** Begins after the event with this id. @default - with what happens from now on */
  readonly after?: number | undefined;
  /** Also pieces of items as they grow. @default false */
  readonly deltas?: boolean | undefined;
}

/** How long one request waits for a prompt's end. */
const waitSeconds = 20;

/** One session of a workspace, over /v1. Every method throws as `WorkspaceClient`'s do. */
export class SessionClient {
  readonly name: string;
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, name: string) {
    this.name = name;
    this.#transport = transport;
    this.#path = `/v1/sessions/${encodeURIComponent(name)}`;
  }

  get(options?: CallOptions): Promise<SessionBody> {
    return this.#transport.json(this.#path, sessionSchema, options);
  }

  async delete(options?: CallOptions): Promise<void> {
    await this.#transport.ok(this.#path, { ...options, method: "DELETE" });
  }

  /** A new session with the same settings and the history so far. */
  fork(request: ForkRequest = {}, options?: CallOptions): Promise<SessionBody> {
    return this.#transport.json(`${this.#path}/fork`, sessionSchema, { ...options, method: "POST", body: request });
  }

  archive(options?: CallOptions): Promise<SessionBody> {
    return this.#transport.json(`${this.#path}/archive`, sessionSchema, { ...options, method: "POST" });
  }

  unarchive(options?: CallOptions): Promise<SessionBody> {
    return this.#transport.json(`${this.#path}/unarchive`, sessionSchema, { ...options, method: "POST" });
  }

  /** Interrupts the running turn; settles when Codex says that it has ended. */
  interrupt(options?: CallOptions): Promise<EndedTurn> {
    return this.#transport.json(`${this.#path}/interrupt`, endedTurnSchema, { ...options, method: "POST" });
  }

  /** Sends a prompt; settles when it is on disk. */
  sendPrompt(request: PromptInput, { idempotencyKey, ...options }: PromptOptions = {}): Promise<Prompt> {
    const headers = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
    const call = { ...options, method: "POST", body: request, headers } as const;
    return this.#transport.json(`${this.#path}/prompts`, promptSchema, call);
  }

  /** Sends a prompt and settles when it has ended, however it ended. Goes on over a restart of the wrapper. */
  async runPrompt(request: PromptInput, { signal, idempotencyKey = randomKey() }: PromptOptions = {}): Promise<Prompt> {
    const { id } = await untilAnswered(() => this.sendPrompt(request, { signal, idempotencyKey }), signal);
    return this.promptEnded(id, { signal });
  }

  /** Settles when a prompt has ended. Goes on over a restart of the wrapper; rejects when the session has failed. */
  promptEnded(id: string, { signal }: CallOptions = {}): Promise<Prompt> {
    return unlessFailed(
      signal,
      () => this.#failure(),
      async (both) => {
        for (;;) {
          const prompt = await untilAnswered(() => this.prompt(id, { signal: both, waitSeconds }), both);
          if (prompt.endedAt !== undefined) return prompt;
        }
      },
    );
  }

  /** A prompt as it is now, or when it has ended within `waitSeconds`. */
  prompt(
    id: string,
    { waitSeconds: wait = 0, ...options }: CallOptions & { readonly waitSeconds?: number } = {},
  ): Promise<Prompt> {
    return this.#transport.json(`${this.#path}/prompts/${encodeURIComponent(id)}?wait=${wait}`, promptSchema, options);
  }

  /** Prompts in the order in which they were sent. */
  prompts({
    states = [],
    cursor,
    limit,
    ...options
  }: PageOptions & { readonly states?: readonly PromptState[] } = {}): Promise<PromptPage> {
    const query = toQuery({ state: states.join(",") || undefined, cursor, limit });
    return this.#transport.json(`${this.#path}/prompts${query}`, promptPageSchema, options);
  }

  /** Takes a queued prompt back. */
  cancelPrompt(id: string, options?: CallOptions): Promise<Prompt> {
    const path = `${this.#path}/prompts/${encodeURIComponent(id)}`;
    return this.#transport.json(path, promptSchema, { ...options, method: "DELETE" });
  }

  queue(options?: CallOptions): Promise<Queue> {
    return this.#transport.json(`${this.#path}/queue`, queueSchema, options);
  }

  pauseQueue(options?: CallOptions): Promise<Queue> {
    return this.#transport.json(`${this.#path}/queue/pause`, queueSchema, { ...options, method: "POST" });
  }

  resumeQueue(options?: CallOptions): Promise<Queue> {
    return this.#transport.json(`${this.#path}/queue/resume`, queueSchema, { ...options, method: "POST" });
  }

  /** What Codex asks, in the order in which it asked. */
  approvals({
    states = [],
    cursor,
    limit,
    ...options
  }: PageOptions & { readonly states?: readonly ApprovalState[] } = {}): Promise<ApprovalPage> {
    const query = toQuery({ state: states.join(",") || undefined, cursor, limit });
    return this.#transport.json(`${this.#path}/approvals${query}`, approvalPageSchema, options);
  }

  approval(id: string, options?: CallOptions): Promise<Approval> {
    return this.#transport.json(`${this.#path}/approvals/${encodeURIComponent(id)}`, approvalSchema, options);
  }

  /** Answers what Codex asks; settles when Codex has taken it. */
  decide(id: string, request: DecisionRequest, options?: CallOptions): Promise<Approval> {
    const path = `${this.#path}/approvals/${encodeURIComponent(id)}/decision`;
    return this.#transport.json(path, approvalSchema, { ...options, method: "POST", body: request });
  }

  /** What the thread holds. */
  items({ types = [], order, cursor, limit, ...options }: ItemsOptions = {}): Promise<ItemPage> {
    const query = toQuery({ type: types.join(",") || undefined, order, cursor, limit });
    return this.#transport.json(`${this.#path}/items${query}`, itemPageSchema, options);
  }

  /**
   * What happens, each event once and in order, also over restarts of the wrapper. Ends when the session is deleted, or
   * with `events/gone` when this reader was too slow.
   */
  async *events({ after, deltas = false, signal }: EventsOptions = {}): AsyncGenerator<SessionEvent, void, undefined> {
    let last = after;
    let lostAt: number | undefined;
    for (;;) {
      const query = toQuery({ after: last, deltas });
      const read = (body: ReadableStream<Uint8Array>) => readSessionEvents(body, (id) => (last = id));
      try {
        for await (const event of this.#transport.stream(`${this.#path}/events${query}`, read, { signal })) {
          lostAt = undefined;
          yield event;
          if (event.type === "session/deleted" || event.type === "events/gone") return;
        }
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        if (lostAt !== undefined && Date.now() - lostAt > reconnectMs) throw error;
      }
      lostAt ??= Date.now();
      await pause(reconnectPauseMs, signal);
    }
  }

  async #failure(): Promise<string | undefined> {
    const { status, problem } = await this.get();
    return status === "error" ? (problem ?? "the session failed") : undefined;
  }

  /** The WebSocket of the session's terminal. It wants the same token as header, or a ticket in its address. */
  terminalUrl(ticket?: string): string {
    return withTicket(`${this.#transport.baseUrl.replace(/^http/, "ws")}${this.#path}/terminal`, ticket);
  }

  /** What a browser's EventSource opens, with a ticket, since it sends no header. */
  eventsUrl(ticket?: string): string {
    return withTicket(`${this.#transport.baseUrl}${this.#path}/events`, ticket);
  }
}

function toQuery(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return query === "" ? "" : `?${query}`;
}

/** `crypto.randomUUID` is missing in a page that came without TLS. */
function randomKey(): string {
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
