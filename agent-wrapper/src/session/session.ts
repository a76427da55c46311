import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { EndedTurn } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import {
  type Item,
  type Notification,
  type ThreadSettings,
  type ThreadStatus,
  toMessageItem,
  type Turn,
} from "../codex/protocol.ts";
import { ConnectionLostError, type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import { type Conversation, conversationOf, type Message } from "./conversation.ts";
import { finalMessage } from "./final-message.ts";
import type { Store } from "./store.ts";

/** What Codex says of the thread; `starting` and `error` are said of the way to it. */
export type SessionStatus =
  "starting" | "idle" | "working" | "awaiting_approval" | "awaiting_input" | "error" | "stopped";

interface SessionEvents {
  status: [SessionStatus];
  message: [Message];
}

export interface SessionOptions {
  readonly name: string;
  readonly settings: ThreadSettings;
  /** Parameters of thread/start alone. */
  readonly newThread: Readonly<Record<string, unknown>>;
  readonly initialPrompt: string | undefined;
  readonly store: Store;
  readonly log: (message: string, details?: object) => void;
}

/** Until a prompt that Codex took is seen in the thread. Codex says it within milliseconds. */
const visibleDeadlineMs = 5_000;

/** One Codex thread, as task systems see it: prompts in, messages and status out. */
export class Session extends EventEmitter<SessionEvents> {
  readonly #options: SessionOptions;
  #connection: RpcConnection | undefined;
  #threadId: string | undefined;
  #conversation: Conversation | undefined;
  #status: SessionStatus = "starting";
  #problem: string | undefined;
  #threadStatus: ThreadStatus = { type: "idle" };
  #activeTurnId: string | undefined;
  #lastTurn: EndedTurn | undefined;
  /** Completed messages of the turn that runs: Codex says how a turn ended without what was said in it. */
  #turnMessages: Item[] = [];
  #sending = false;
  #initialPromptPending: boolean;
  readonly #awaitedPrompts = new Map<string, () => void>();
  readonly #startedAt = new Date();

  constructor(options: SessionOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#initialPromptPending = options.initialPrompt !== undefined;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Why the status is `error`. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get threadId(): string | undefined {
    return this.#threadId;
  }

  /** The last turn that ended. */
  get lastTurn(): EndedTurn | undefined {
    return this.#lastTurn;
  }

  get messages(): readonly Message[] {
    return this.#conversation?.messages ?? [];
  }

  /** Nothing runs and nothing waits to run: a prompt would be taken. */
  get acceptsPrompts(): boolean {
    return this.#status === "idle" && !this.#sending && !this.#initialPromptPending;
  }

  /** app-server is there (again): start or resume the thread, settle what was under way, send what waits. */
  async attach(connection: RpcConnection): Promise<void> {
    this.#connection = connection;
    try {
      await this.#openThread(connection);
      this.#problem = undefined;
      this.#codexStatus();
      await this.#sendQueued();
    } catch (error) {
      if (error instanceof ConnectionLostError) return;
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** app-server went away. A turn that ran has ended with it. */
  detach(): void {
    this.#connection = undefined;
    this.#activeTurnId = undefined;
    this.#threadStatus = { type: "idle" };
    this.#setStatus("starting");
  }

  /** Nothing will come of this session any more. */
  fail(problem: string): void {
    this.#problem = problem;
    this.#options.log("session failed", { problem });
    this.#setStatus("error");
  }

  /**
   * Sends a prompt to the idle thread; settles when it is one of its messages.
   *
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `PROMPT_REFUSED`, `PROMPT_UNCERTAIN`
   */
  async send(text: string): Promise<void> {
    if (!this.acceptsPrompts) throw this.#cannotSend();
    const id = randomUUID();
    this.#options.store.add({ id, session: this.#options.name, text, state: "sending" });
    await this.#deliver(id, text);
  }

  /** Interrupts a running turn; settles when Codex says that it ended, or after `deadlineMs`. */
  async interrupt(deadlineMs: number): Promise<void> {
    const turnId = this.#activeTurnId;
    if (turnId === undefined || this.#connection === undefined) return;
    const ended = this.#turnEnded();
    const asked = this.#connection.request("turn/interrupt", { threadId: this.#threadId, turnId });
    const refused = asked.then(
      () => ended,
      (error: unknown) => this.#options.log("interrupt refused", { error: String(error) }),
    );
    await Promise.race([refused, delay(deadlineMs, undefined, { ref: false })]);
  }

  /** Settles when no turn runs: at once, or when Codex says so, or when it has gone. */
  #turnEnded(): Promise<void> {
    const runs = (): boolean => this.#status === "working" || this.#status.startsWith("awaiting");
    return new Promise((resolve) => {
      const look = (): void => {
        if (runs()) return;
        this.off("status", look);
        resolve();
      };
      this.on("status", look);
      look();
    });
  }

  stopped(): void {
    this.#setStatus("stopped");
  }

  /** What Codex tells of any thread. */
  notified({ method, params }: Notification): void {
    if (!("threadId" in params) || params.threadId !== this.#threadId) return;
    const now = new Date();
    switch (method) {
      case "thread/status/changed":
        this.#threadStatus = params.status;
        this.#codexStatus();
        break;
      case "turn/started":
        this.#activeTurnId = params.turn.id;
        this.#turnMessages = [];
        break;
      case "turn/completed":
        this.#conversation?.turnCompleted(params.turn, now);
        this.#options.store.turnEnded(params.turn.id, outcomeOf(params.turn));
        this.#lastTurn = toEndedTurn(params.turn, this.#turnMessages);
        this.#activeTurnId = undefined;
        this.#codexStatus();
        break;
      case "item/started":
      case "item/completed":
        this.#conversation?.itemChanged(params.item, now);
        this.#promptSeen(params.item);
        if (method === "item/completed" && params.item.type === "agentMessage") this.#turnMessages.push(params.item);
        break;
      case "item/agentMessage/delta":
        this.#conversation?.agentDelta(params.itemId, params.delta, now);
        break;
      case "error":
        this.#options.log("turn error", { message: params.error.message, willRetry: params.willRetry });
        break;
      case "warning":
      case "configWarning":
        break;
    }
  }

  async #openThread(connection: RpcConnection): Promise<void> {
    const { name, store, settings, newThread } = this.#options;
    const known = store.session(name);
    const resumed = known === undefined ? undefined : await this.#resume(connection, known.threadId);
    if (known !== undefined && resumed !== undefined) {
      const { thread } = await connection.request("thread/read", { threadId: resumed, includeTurns: true });
      this.#settle(thread.turns, known.createdAt);
      this.#threadId = resumed;
      return;
    }
    const { thread } = await connection.request("thread/start", { ...settings, ...newThread });
    // Naming it writes the rollout, without which a terminal cannot resume the thread.
    await connection.request("thread/name/set", { threadId: thread.id, name });
    store.saveSession(name, thread.id, this.#startedAt);
    this.#settle([], this.#startedAt);
    this.#threadId = thread.id;
  }

  /** The thread's id, or nothing where Codex has lost it. */
  async #resume(connection: RpcConnection, threadId: string): Promise<string | undefined> {
    try {
      await connection.request("thread/resume", { threadId, excludeTurns: true, ...this.#options.settings });
      return threadId;
    } catch (error) {
      if (!(error instanceof RpcError) || !/no rollout found|not found/i.test(error.message)) throw error;
      this.#options.log("Codex has lost the thread of this session; a new one begins", { threadId });
      return undefined;
    }
  }

  /** Brings conversation and prompts to what Codex's history says. */
  #settle(turns: readonly Turn[], createdAt: Date): void {
    if (this.#conversation === undefined) {
      this.#conversation = conversationOf(turns, createdAt, (message) => this.emit("message", message));
      for (const message of this.#conversation.messages) this.emit("message", message);
    } else {
      this.#conversation.caughtUp(turns.at(-1), new Date());
    }
    const lastTurn = turns.at(-1);
    if (lastTurn !== undefined) this.#lastTurn = toEndedTurn(lastTurn, lastTurn.items);
    const turnOf = new Map(turns.flatMap((turn) => turn.items.map((item) => [clientIdOf(item), turn] as const)));
    for (const prompt of this.#options.store.unfinished(this.#options.name)) {
      if (prompt.state === "queued") continue;
      const turn = turnOf.get(prompt.id);
      // No turn runs in an app-server that has just started: what is still in progress was cut off.
      this.#options.store.setState(prompt.id, turn === undefined ? "interrupted" : outcomeOf(turn));
    }
  }

  async #sendQueued(): Promise<void> {
    const { name, initialPrompt, store } = this.#options;
    if (initialPrompt !== undefined) store.addInitial({ id: randomUUID(), session: name, text: initialPrompt });
    for (const prompt of store.unfinished(name)) {
      if (prompt.state !== "queued") continue;
      // Sent into a running turn it would steer that one.
      await this.#turnEnded();
      // Gone again: what waits is sent when it is back.
      if (this.#connection === undefined) return;
      try {
        store.setState(prompt.id, "sending");
        await this.#deliver(prompt.id, prompt.text);
      } catch (error) {
        if (!(error instanceof WorkspaceError)) throw error;
        this.#options.log("a waiting prompt was not delivered", { code: error.code, reason: error.message });
      }
    }
    this.#initialPromptPending = false;
    this.emit("status", this.#status);
  }

  async #deliver(id: string, text: string): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) throw this.#cannotSend();
    const { store } = this.#options;
    this.#sending = true;
    const visible = new Promise<void>((resolve) => this.#awaitedPrompts.set(id, resolve));
    try {
      const { turn } = await connection.request("turn/start", {
        threadId: this.#threadId,
        clientUserMessageId: id,
        input: [{ type: "text", text, text_elements: [] }],
      });
      store.started(id, turn.id);
      await Promise.race([visible, delay(visibleDeadlineMs, undefined, { ref: false })]);
    } catch (error) {
      throw this.#notDelivered(id, error);
    } finally {
      this.#awaitedPrompts.delete(id);
      this.#sending = false;
    }
  }

  #notDelivered(id: string, error: unknown): unknown {
    if (error instanceof RpcError) {
      this.#options.store.setState(id, "failed");
      return new WorkspaceError(`Codex refused the prompt: ${error.message}`, {
        code: "PROMPT_REFUSED",
        remedy: "Correct the prompt and send it again.",
        cause: error,
      });
    }
    if (error instanceof ConnectionLostError) {
      return new WorkspaceError("Codex went away before it said that it took the prompt", {
        code: "PROMPT_UNCERTAIN",
        remedy: "Look into the messages whether the prompt is there before you send it again.",
        cause: error,
      });
    }
    return error;
  }

  #promptSeen(item: Item): void {
    const id = clientIdOf(item);
    if (id !== undefined) this.#awaitedPrompts.get(id)?.();
  }

  /** Codex says `idle` just before it says how the turn ended: a session is idle when it has said both. */
  #codexStatus(): void {
    const { type, activeFlags = [] } = this.#threadStatus;
    if (type === "active" || this.#activeTurnId !== undefined) {
      if (activeFlags.includes("waitingOnApproval")) this.#setStatus("awaiting_approval");
      else if (activeFlags.includes("waitingOnUserInput")) this.#setStatus("awaiting_input");
      else this.#setStatus("working");
    } else {
      this.#setStatus("idle");
    }
  }

  #setStatus(status: SessionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.emit("status", status);
  }

  #cannotSend(): WorkspaceError {
    const busy = this.#status !== "starting" && this.#status !== "error" && this.#status !== "stopped";
    return busy
      ? new WorkspaceError("a turn is running: a message can be sent when the status is `stable`", {
          code: "SESSION_BUSY",
          remedy: "Wait until GET /status says `stable`, then send the message again.",
        })
      : new WorkspaceError(this.#problem ?? "the session is starting", {
          code: "SESSION_NOT_READY",
          remedy: "Wait until GET /readyz answers 200; where it gives a reason, that has to be mended first.",
        });
  }
}

function clientIdOf(item: Item): string | undefined {
  const message = toMessageItem(item);
  return message?.type === "userMessage" ? (message.clientId ?? undefined) : undefined;
}

/** A turn that history has as in progress was cut off. */
function outcomeOf({ status }: Turn): EndedTurn["status"] {
  return status === "inProgress" ? "interrupted" : status;
}

function toEndedTurn(turn: Turn, items: readonly Item[]): EndedTurn {
  const { id, error } = turn;
  const message = finalMessage(items);
  return {
    id,
    status: outcomeOf(turn),
    ...(message !== undefined && { finalMessage: message }),
    ...(typeof error?.message === "string" && { error: error.message }),
  };
}
