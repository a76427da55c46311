import {
  type AuditEntry,
  type AuditPage,
  auditPageSchema,
  type Health,
  healthSchema,
  type MessageBody,
  type MessageRequest,
  messagesBodySchema,
  type MessagesBody,
  okBodySchema,
  type Readiness,
  readinessSchema,
  type Scope,
  type SessionBody,
  type SessionList,
  sessionListSchema,
  type SessionRequest,
  sessionSchema,
  type StatusBody,
  statusBodySchema,
  type Ticket,
  ticketSchema,
  type UploadBody,
  uploadBodySchema,
  type WorkspaceStatus,
  workspaceStatusSchema,
} from "@codex-workspace/api";
import { ApiError, toApiError, UnreachableError } from "./api-error.ts";
import { readEvents, type WorkspaceEvent } from "./events.ts";
import { anySignal, pause, reconnectPauseMs, unlessFailed, untilAnswered } from "./reconnect.ts";
import { SessionClient } from "./session-client.ts";
import { type CallOptions, type ClientOptions, Transport } from "./transport.ts";
import { withTicket } from "./with-ticket.ts";

export interface TicketOptions extends CallOptions {
  readonly scopes?: readonly Scope[] | undefined;
}

export interface StableOptions extends CallOptions {
  /** How long to wait. */
  readonly deadlineMs: number;
}

export interface AuditOptions extends CallOptions {
  /** The number of the last entry that is known. @default 0 */
  readonly after?: number | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/**
 * A client of one workspace. Every method throws `ApiError` when the wrapper refuses, `UnreachableError` when nobody
 * answers, and the signal's own reason when it is aborted.
 */
export function createClient(options: ClientOptions): WorkspaceClient {
  return new WorkspaceClient(options);
}

export class WorkspaceClient {
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
  }

  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /** `GET /status`. */
  status(options?: CallOptions): Promise<StatusBody> {
    return this.#transport.json("/status", statusBodySchema, options);
  }

  /** `GET /messages`. */
  messages(options?: CallOptions): Promise<MessagesBody> {
    return this.#transport.json("/messages", messagesBodySchema, options);
  }

  /** `GET /v1/status`. */
  workspaceStatus(options?: CallOptions): Promise<WorkspaceStatus> {
    return this.#transport.json("/v1/status", workspaceStatusSchema, options);
  }

  /** `GET /metrics`, as Prometheus reads them. */
  async metrics(options?: CallOptions): Promise<string> {
    return (await this.#transport.ok("/metrics", options)).text();
  }

  /** `GET /healthz`: whether the wrapper lives. Needs no token. */
  health(options?: CallOptions): Promise<Health> {
    return this.#transport.json("/healthz", healthSchema, options);
  }

  /** `GET /readyz`: a value also when the workspace is not ready. Needs no token. */
  async ready(options?: CallOptions): Promise<Readiness> {
    const response = await this.#transport.call("/readyz", options);
    if (!response.ok && response.status !== 503) throw await toApiError(response);
    return readinessSchema.parse(await response.json());
  }

  /** Sends a prompt; settles when it is one of the messages. Throws `ApiError` with code `SESSION_BUSY` while a turn runs. */
  async sendMessage(content: string, options?: CallOptions): Promise<void> {
    await this.#sendMessage({ content, type: "user" }, options);
  }

  /** Writes to the session's terminal, as if typed there. */
  async sendRaw(content: string, options?: CallOptions): Promise<void> {
    await this.#sendMessage({ content, type: "raw" }, options);
  }

  /** `POST /upload`: stores a file of at most 10 MiB; the answer says where the agent finds it. */
  upload(file: File, options?: CallOptions): Promise<UploadBody> {
    const body = new FormData();
    body.append("file", file);
    return this.#transport.json("/upload", uploadBodySchema, { ...options, method: "POST", body });
  }

  /** `GET /events`: every message and the status, then what changes, until the wrapper ends the stream or `signal` aborts. */
  events({ signal }: CallOptions = {}): AsyncGenerator<WorkspaceEvent, void, undefined> {
    return this.#transport.stream("/events", readEvents, { signal });
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
    const { messages } = await untilAnswered(() => this.messages({ signal }), signal);
    // Somebody else may have sent one in the meantime: ours is the first new one with our text.
    const wanted = text.trim();
    const added = messages.slice(before.length);
    const sent = added.findIndex(({ role, content }) => role === "user" && content.trim() === wanted);
    const answer = added.slice(sent + 1).find(({ role }) => role === "agent");
    if (answer !== undefined) return answer;
    throw new ApiError("the turn ended without an answer", { status: 200, code: "PROMPT_UNCERTAIN" });
  }

  /** Every session of the workspace. */
  sessions(options?: CallOptions): Promise<SessionList> {
    return this.#transport.json("/v1/sessions", sessionListSchema, options);
  }

  createSession(request: SessionRequest = {}, options?: CallOptions): Promise<SessionBody> {
    return this.#transport.json("/v1/sessions", sessionSchema, { ...options, method: "POST", body: request });
  }

  /** `GET /v1/audit`: who did what, after one entry. */
  audit({ after = 0, limit = 100, ...options }: AuditOptions = {}): Promise<AuditPage> {
    return this.#transport.json(`/v1/audit?after=${after}&limit=${limit}`, auditPageSchema, options);
  }

  /** The whole audit trail, page by page: for {@link firstBrokenEntry}. */
  async *auditTrail(options: CallOptions = {}): AsyncGenerator<AuditEntry> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: AuditPage = await this.audit({ ...options, after, limit: 500 });
      yield* page.entries;
      after = page.next;
    }
  }

  /** One of them; whether it is there, its methods tell. @default `main` */
  session(name = "main"): SessionClient {
    return new SessionClient(this.#transport, name);
  }

  /** `POST /v1/tickets`: stands for the token in one address, once and for 30 s; with some of its scopes, or with all. */
  ticket({ scopes, signal }: TicketOptions = {}): Promise<Ticket> {
    const body = scopes === undefined ? {} : { scopes };
    return this.#transport.json("/v1/tickets", ticketSchema, { signal, method: "POST", body });
  }

  /** The WebSocket of `main`'s terminal. It wants the same token as header, or a ticket in its address. */
  terminalUrl(ticket?: string): string {
    return this.session().terminalUrl(ticket);
  }

  /** What a browser's EventSource opens: `GET /events`, with a ticket, since it sends no header. */
  eventsUrl(ticket?: string): string {
    return withTicket(`${this.baseUrl}/events`, ticket);
  }

  /** Settles when the session takes prompts. */
  #stable(signal: AbortSignal | undefined): Promise<void> {
    return unlessFailed(
      signal,
      () => this.#failure(),
      async (both) => {
        // The stream ends when the wrapper is restarted; then it is opened again.
        while (!(await untilAnswered(() => this.#reachesStable(both), both))) await pause(reconnectPauseMs, both);
      },
    );
  }

  /** Whether the session came to `stable`, by the event stream or, where no stream can be read, by the status now. */
  async #reachesStable(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#followUntilStable(signal);
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof ApiError)) throw error;
      return (await this.status({ signal })).status === "stable";
    }
  }

  /** Whether the event stream came to `stable` before it ended. */
  async #followUntilStable(signal: AbortSignal): Promise<boolean> {
    for await (const { type, data } of this.events({ signal })) {
      if (type === "status_change" && data.status === "stable") return true;
    }
    return false;
  }

  /** Why the session is lost for good, of which the event stream says nothing. */
  async #failure(): Promise<string | undefined> {
    const { state, reason } = await this.ready();
    return state === "failed" ? (reason ?? "the session failed") : undefined;
  }

  async #sendMessage(body: MessageRequest, options?: CallOptions): Promise<void> {
    await this.#transport.json("/message", okBodySchema, { ...options, method: "POST", body });
  }
}
