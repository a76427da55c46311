import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type {
  EndedTurn,
  PromptRequest,
  SessionEventData,
  SessionSettings,
  SessionStatus,
  TokenUsage,
} from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Item, Notification, ServerRequest, ThreadStatus, Turn } from "../codex/protocol.ts";
import { ConnectionLostError, type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import { threadOf } from "./approval-request.ts";
import { Approvals } from "./approvals.ts";
import { type Conversation, conversationOf, type Message } from "./conversation.ts";
import type { LoggedEvent } from "./event-log.ts";
import type { Step } from "./next-step.ts";
import { openThread } from "./open-thread.ts";
import { PromptQueue } from "./prompt-queue.ts";
import type { PromptOutcome, StoredPrompt } from "./prompt-store.ts";
import type { ModelChoice } from "./session-store.ts";
import type { Store } from "./store.ts";
import type { ThreadParams } from "./thread-settings.ts";
import { clientIdOf, RunningTurn, toEndedTurn } from "./turn.ts";
import { toUserInput } from "./user-input.ts";

/** What a session does by itself: something for the prompts that wait, or going back to its own model. */
type Action = Step | { readonly kind: "restore"; readonly choice: ModelChoice };

interface SessionEvents {
  status: [SessionStatus];
  message: [Message];
}

export interface SessionOptions {
  readonly name: string;
  /** What it has of its own. */
  readonly settings: SessionSettings;
  /** What its thread is started and resumed with. @throws WorkspaceError `SESSION_REFUSED` */
  readonly params: () => ThreadParams;
  readonly initialPrompt: string | undefined;
  readonly store: Store;
  /** How long somebody may take to answer what Codex asks. @default - as long as they like */
  readonly approvalTimeoutMs?: number | undefined;
  /** Whether a terminal of ours shows the session. */
  readonly hasTerminal: () => boolean;
  readonly log: (message: string, details?: object) => void;
}

/** Which field of its item a notification adds to. */
const growingField = {
  "item/agentMessage/delta": "text",
  "item/reasoning/summaryTextDelta": "summary",
  "item/commandExecution/outputDelta": "output",
} as const;

/** Until a prompt that Codex took is seen in the thread. Codex says it within milliseconds. */
const visibleDeadlineMs = 5_000;
/** Until Codex says that a turn it was asked to interrupt has ended. */
const interruptDeadlineMs = 10_000;
const interruptPauseMs = 20;
/** How long a terminal has after a turn to begin the next one. */
const terminalFirstMs = 100;
/** How long after a prompt that could not be handed over the next one is looked at. */
const retryMs = 1_000;

/** One Codex thread, as task systems see it: prompts in, messages and status out. */
export class Session extends EventEmitter<SessionEvents> {
  readonly prompts: PromptQueue;
  readonly approvals: Approvals;
  readonly createdAt: Date;
  readonly #options: SessionOptions;
  #connection: RpcConnection | undefined;
  #threadId: string | undefined;
  #archived: boolean;
  #params: ThreadParams | undefined;
  #stricter: readonly string[] = [];
  #conversation: Conversation | undefined;
  #status: SessionStatus = "starting";
  #since = new Date();
  #problem: string | undefined;
  #threadStatus: ThreadStatus = { type: "idle" };
  #turn: RunningTurn | undefined;
  /** What became of the turn that ended last. */
  #ended: { readonly turnId: string; readonly outcome: PromptOutcome } | undefined;
  #lastTurn: EndedTurn | undefined;
  #usage: TokenUsage | undefined;
  /** Model and effort in force, and what to go back to after a prompt that had its own. */
  #model: ModelChoice | undefined;
  #restore: ModelChoice | undefined;
  /** Prompts in Codex's own queue; unknown while it is asked. */
  #queuedInCodex: number | undefined;
  /** Something of ours is on its way to Codex. */
  #acting = false;
  #closing = false;
  readonly #awaitedPrompts = new Map<string, PromiseWithResolvers<undefined>>();

  constructor(options: SessionOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.prompts = new PromptQueue(options.name, options.store);
    this.approvals = new Approvals({
      session: options.name,
      store: options.store,
      timeoutMs: options.approvalTimeoutMs,
      hasTerminal: options.hasTerminal,
      interrupt: async (turnId) => {
        if (this.#turn?.id === turnId) await this.#interruptTurn(this.#turn);
      },
      log: options.log,
    });
    const { restore, archived, threadId, createdAt } = options.store.sessions.ensure(options.name);
    this.#restore = restore;
    this.#archived = archived;
    this.createdAt = createdAt;
    if (archived) [this.#threadId, this.#status] = [threadId, "stopped"];
    if (options.initialPrompt !== undefined) this.prompts.addInitial(options.initialPrompt);
  }

  get name(): string {
    return this.#options.name;
  }

  /** What it has of its own. */
  get settings(): SessionSettings {
    return this.#options.settings;
  }

  /** Its thread is kept and does nothing. */
  get archived(): boolean {
    return this.#archived;
  }

  /** Where Codex allows it less than was asked for; each a sentence. */
  get stricter(): readonly string[] {
    return this.#stricter;
  }

  /** In force now. */
  get model(): string | undefined {
    return this.#model?.model;
  }

  /** A turn runs, or prompts of ours wait. */
  get isBusy(): boolean {
    return this.#turn !== undefined || this.#acting || this.prompts.length > 0;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Since when it has had this status. */
  get since(): Date {
    return this.#since;
  }

  /** Why the status is `error`. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get threadId(): string | undefined {
    return this.#threadId;
  }

  /** The turn that runs. */
  get turn(): RunningTurn | undefined {
    return this.#turn;
  }

  /** The last turn that ended. */
  get lastTurn(): EndedTurn | undefined {
    return this.#lastTurn;
  }

  /** Tokens of the whole thread, once Codex has said so. */
  get usage(): TokenUsage | undefined {
    return this.#usage;
  }

  get queuedInCodex(): number {
    return this.#queuedInCodex ?? 0;
  }

  get messages(): readonly Message[] {
    return this.#conversation?.messages ?? [];
  }

  /** Nothing runs and nothing waits to run: a prompt would be sent at once. */
  get acceptsPrompts(): boolean {
    return this.#idle && !this.#acting && this.#nextStep() === undefined;
  }

  /** app-server is there (again): start or resume the thread, settle what was under way, send what waits. */
  async attach(connection: RpcConnection): Promise<void> {
    if (this.#archived) return;
    const { name, store, log } = this.#options;
    const { createdAt, threadId } = store.sessions.ensure(name);
    try {
      const params = this.#options.params();
      const thread = await openThread(connection, { name, threadId, params, log });
      if (thread.id !== threadId) store.sessions.saveThread(name, thread.id);
      this.#settle(thread.turns, createdAt);
      this.#params = params;
      this.#threadId = thread.id;
      this.#model = thread.model;
      const { weaker, stricter } = thread.comparison;
      this.#stricter = stricter;
      if (weaker.length > 0) {
        this.fail(`Codex does not keep to what was asked: ${weaker.join("; ")}`);
        return;
      }
      this.#queuedInCodex = await queuedInCodex(connection, thread.id);
      this.#problem = undefined;
      this.#connection = connection;
      this.#codexStatus();
      this.#goOn();
    } catch (error) {
      if (error instanceof ConnectionLostError) return;
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** app-server went away. A turn that ran has ended with it. */
  detach(): void {
    if (this.#archived) return;
    this.#connection = undefined;
    this.#turn = undefined;
    this.approvals.turnEnded();
    this.#threadStatus = { type: "idle" };
    this.#queuedInCodex = undefined;
    this.#setStatus("starting");
  }

  /** It does nothing until it is taken back. */
  archive(): void {
    this.detach();
    this.#archived = true;
    this.#setStatus("stopped");
  }

  unarchive(): void {
    this.#archived = false;
    this.detach();
  }

  /** Nothing will come of this session any more. */
  fail(problem: string): void {
    if (this.#archived) return;
    this.#problem = problem;
    this.#options.log("session failed", { problem });
    this.#setStatus("error");
  }

  /**
   * Takes a prompt: it is on disk when this returns. `sameKey`: what was sent with the same one is returned.
   *
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `IDEMPOTENCY_KEY_REUSED`, `STATE_NOT_WRITABLE`
   */
  prompt(request: PromptRequest, sameKey?: string): StoredPrompt {
    const isKnown = sameKey !== undefined && this.prompts.hasKey(sameKey);
    const isRefused = request.whenBusy === "reject" && !this.acceptsPrompts;
    if (!isKnown && (isRefused || this.#status === "error" || this.#status === "stopped")) throw this.#cannotSend();
    const prompt = this.prompts.add(request, sameKey);
    this.#goOn();
    return prompt;
  }

  /**
   * Sends a text to the idle thread; settles when it is one of its messages.
   *
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `PROMPT_REFUSED`, `PROMPT_UNCERTAIN`, `STATE_NOT_WRITABLE`
   */
  async send(text: string): Promise<void> {
    if (!this.acceptsPrompts) throw this.#cannotSend();
    const { id } = this.prompts.add({ input: text, whenBusy: "reject" });
    const visible = Promise.withResolvers<undefined>();
    this.#awaitedPrompts.set(id, visible);
    this.#goOn();
    try {
      await visible.promise;
    } finally {
      this.#awaitedPrompts.delete(id);
    }
  }

  /** @throws WorkspaceError `STATE_NOT_WRITABLE` */
  pauseQueue(paused: boolean): void {
    this.prompts.pause(paused);
    this.#options.store.events.append(this.name, "queue/changed", { paused });
    this.#goOn();
    this.emit("status", this.#status);
  }

  /**
   * Interrupts the running turn; settles when Codex says that it has ended, with how.
   *
   * @throws WorkspaceError `NO_TURN_RUNNING`, `CODEX_SILENT`
   */
  async interrupt(): Promise<EndedTurn> {
    const turn = this.#turn;
    if (turn === undefined || this.#connection === undefined) {
      throw new WorkspaceError(`no turn runs in session "${this.name}"`, {
        code: "NO_TURN_RUNNING",
        remedy: "There is nothing to interrupt.",
      });
    }
    const leaving = new AbortController();
    const ended = this.#turnGone(turn, leaving.signal);
    const late = delay(interruptDeadlineMs, undefined, { ref: false, signal: leaving.signal });
    try {
      await this.#interruptTurn(turn);
      await Promise.race([ended, late]);
    } finally {
      late.catch(() => undefined);
      leaving.abort();
    }
    if (this.#lastTurn?.id === turn.id) return this.#lastTurn;
    throw new WorkspaceError("Codex did not say that the turn has ended", {
      code: "CODEX_SILENT",
      remedy: "Look at the session's status, and interrupt again where the turn still runs.",
    });
  }

  /** Sends no prompt any more, and interrupts what runs. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    if (this.#turn === undefined) return;
    const interrupted = this.interrupt().catch((error: unknown) => {
      this.#options.log("the turn was not interrupted", { reason: String(error) });
    });
    await Promise.race([interrupted, delay(deadlineMs, undefined, { ref: false })]);
  }

  stopped(): void {
    this.#setStatus("stopped");
  }

  /** What Codex asks in any thread. */
  requested(request: ServerRequest, connection: RpcConnection): void {
    if (threadOf(request) === this.#threadId) this.approvals.requested(request, connection);
  }

  /** What Codex tells of any thread. */
  notified({ method, params }: Notification): void {
    if (!("threadId" in params) || params.threadId !== this.#threadId) return;
    const now = new Date();
    const { name, store } = this.#options;
    switch (method) {
      case "thread/status/changed":
        this.#threadStatus = params.status;
        this.#codexStatus();
        break;
      case "turn/started":
        this.#turnRuns(params.turn.id);
        break;
      case "turn/completed":
        this.#turnCompleted(params.turn, now);
        break;
      case "item/started":
      case "item/completed":
        this.#conversation?.itemChanged(params.item, now);
        this.#promptSeen(params.item, params.turnId);
        if (method === "item/completed") this.#turn?.itemCompleted(params.item);
        store.items.save(name, params.turnId, params.item);
        store.events.append(name, method, { turnId: params.turnId, item: params.item });
        break;
      case "item/agentMessage/delta":
      case "item/reasoning/summaryTextDelta":
      case "item/commandExecution/outputDelta": {
        const { turnId, itemId, delta: piece } = params;
        if (method === "item/agentMessage/delta") this.#conversation?.agentDelta(itemId, piece, now);
        store.events.pass(name, "item/delta", { turnId, itemId, field: growingField[method], delta: piece });
        break;
      }
      case "thread/tokenUsage/updated":
        this.#usage = params.tokenUsage.total;
        if (params.turnId === this.#turn?.id) this.#turn.used(this.#usage);
        store.events.append(name, "usage/updated", { turnId: params.turnId, usage: this.#usage });
        break;
      case "thread/settings/updated":
        this.#model = { model: params.threadSettings.model, effort: params.threadSettings.effort ?? null };
        break;
      case "thread/queue/changed":
        void this.#lookIntoCodexQueue();
        break;
      case "serverRequest/resolved":
        this.approvals.closed(params.requestId, { turnEnds: this.#turn?.ending === true });
        break;
      case "error":
        this.#options.log("turn error", { message: params.error.message, willRetry: params.willRetry });
        break;
      case "warning":
      case "configWarning":
        break;
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
    this.prompts.settle(turns);
    this.#fillIn(turns);
  }

  /** What Codex's history has and nobody was told: after a crash, or before this state was begun. */
  #fillIn(turns: readonly Turn[]): void {
    const { name, store } = this.#options;
    const last = store.events.last(name, ["turn/started", "turn/completed"]);
    const cutOff = last?.type === "turn/started" ? turnIdOf(last) : undefined;
    for (const turn of turns) {
      for (const item of store.items.missing(name, turn)) {
        store.items.save(name, turn.id, item);
        if (turn.id === cutOff) store.events.append(name, "item/completed", { turnId: turn.id, item });
      }
    }
    if (cutOff === undefined) return;
    const turn = turns.find(({ id }) => id === cutOff);
    const ended = turn === undefined ? { id: cutOff, status: "interrupted" as const } : toEndedTurn(turn, turn.items);
    store.events.append(name, "turn/completed", { turn: ended });
  }

  #turnRuns(turnId: string): void {
    if (this.#turn?.id === turnId || this.#ended?.turnId === turnId) return;
    this.#turn = new RunningTurn(turnId, this.#usage);
    this.#options.store.events.append(this.name, "turn/started", { turnId });
    this.#codexStatus();
    this.#goOn();
  }

  #turnCompleted(turn: Turn, now: Date): void {
    this.#conversation?.turnCompleted(turn, now);
    const { messages = [], usage } = this.#turn?.id === turn.id ? this.#turn : {};
    const { status, ...said } = toEndedTurn(turn, messages);
    const outcome = { state: status, ...said, usage };
    this.#ended = { turnId: turn.id, outcome };
    this.#lastTurn = { status, ...said };
    this.#options.store.events.append(this.name, "turn/completed", { turn: this.#lastTurn });
    this.prompts.turnEnded(turn.id, outcome);
    this.approvals.turnEnded(turn.id);
    this.#turn = undefined;
    this.#awaitNoMore();
    this.#letTerminalGoFirst();
    this.#codexStatus();
    this.#goOn();
  }

  /** What was not seen in the thread by now is not going to be: a turn can end before it. */
  #awaitNoMore(): void {
    for (const awaited of this.#awaitedPrompts.values()) awaited.resolve(undefined);
  }

  /** A terminal sends what a person queued in it once a turn has ended. Sent at the same moment, ours would steer it. */
  #letTerminalGoFirst(): void {
    if (this.#acting || this.prompts.length === 0) return;
    this.#acting = true;
    void delay(terminalFirstMs, undefined, { ref: false }).then(() => this.#acted());
  }

  get #directory(): string {
    if (this.#params === undefined) throw new Error("a session without a thread has sent a prompt");
    return this.#params.settings.cwd;
  }

  /** Codex runs nothing, and nothing of its own waits. */
  get #idle(): boolean {
    return this.#status === "idle" && this.#connection !== undefined && this.#queuedInCodex === 0;
  }

  #nextStep(): Action | undefined {
    if (this.#idle && this.#restore !== undefined) return { kind: "restore", choice: this.#restore };
    return this.prompts.nextStep({ turn: this.#turn, idle: this.#idle });
  }

  /** Does what is to be done next for the prompts that wait, one thing after the other. */
  #goOn(): void {
    const connection = this.#connection;
    if (this.#acting || this.#closing || connection === undefined) return;
    const step = this.#nextStep();
    if (step === undefined) return;
    this.#acting = true;
    void this.#act(connection, step)
      .catch((error: unknown) => {
        this.#options.log("a prompt could not be handed over", { reason: String(error) });
        return delay(retryMs, undefined, { ref: false });
      })
      .then(() => this.#acted());
  }

  #acted(): void {
    this.#acting = false;
    this.#goOn();
    this.emit("status", this.#status);
  }

  async #act(connection: RpcConnection, step: Action): Promise<void> {
    switch (step.kind) {
      case "restore":
        await this.#restoreModel(connection, step.choice);
        break;
      case "interrupt":
        if (this.#turn !== undefined) await this.#interruptTurn(this.#turn);
        break;
      case "steer":
        await this.#steer(connection, step);
        break;
      case "start":
        await this.#start(connection, step.prompt);
        break;
    }
  }

  /** Begins a turn with a prompt; settles when the thread shows it. */
  async #start(connection: RpcConnection, { id, request }: StoredPrompt): Promise<void> {
    const { model, effort, outputSchema } = request;
    const { store, name } = this.#options;
    const awaited = this.#awaitedPrompts.get(id) ?? Promise.withResolvers<undefined>();
    this.#awaitedPrompts.set(id, awaited);
    try {
      // Codex keeps a turn's model for those that follow: what was in force comes back after it.
      if (model !== undefined || effort !== undefined) {
        store.sessions.saveRestore(name, this.#model);
        this.#restore = this.#model;
      }
      this.prompts.sending(id);
      const { turn } = await connection.request("turn/start", {
        threadId: this.#threadId,
        clientUserMessageId: id,
        input: toUserInput(request, this.#directory),
        ...{ model, effort, outputSchema },
      });
      this.#turnRuns(turn.id);
      this.#taken(id, turn.id);
      await Promise.race([awaited.promise, delay(visibleDeadlineMs, undefined, { ref: false })]);
      awaited.resolve(undefined);
    } catch (error) {
      const reason = this.#notTaken(id, error);
      awaited.promise.catch(() => undefined);
      awaited.reject(reason);
      if (reason === error) throw error;
    } finally {
      this.#awaitedPrompts.delete(id);
    }
  }

  async #steer(connection: RpcConnection, { prompt, turnId }: Extract<Step, { kind: "steer" }>): Promise<void> {
    const { id, request } = prompt;
    this.prompts.sending(id);
    try {
      await connection.request("turn/steer", {
        threadId: this.#threadId,
        expectedTurnId: turnId,
        clientUserMessageId: id,
        input: toUserInput(request, this.#directory),
      });
      this.#taken(id, turnId);
    } catch (error) {
      if (!(error instanceof RpcError) || !/no active turn|expected/i.test(error.message)) {
        if (this.#notTaken(id, error) === error) throw error;
        return;
      }
      // The turn was over: the prompt begins one of its own as soon as Codex says so.
      if (this.#turn?.id === turnId) this.#turn.ending = true;
      this.prompts.queuedAgain(id);
    }
  }

  /** Codex has the prompt in a turn, which may have ended before it said so. */
  #taken(id: string, turnId: string): void {
    this.prompts.running(id, turnId);
    if (this.#ended?.turnId === turnId) this.prompts.turnEnded(turnId, this.#ended.outcome);
  }

  /** Settles when Codex has taken the interrupt, or the turn runs no more. */
  async #interruptTurn(turn: RunningTurn): Promise<void> {
    turn.ending = true;
    const connection = this.#connection;
    const end = performance.now() + interruptDeadlineMs;
    while (connection !== undefined && this.#turn === turn && performance.now() < end) {
      try {
        await connection.request("turn/interrupt", { threadId: this.#threadId, turnId: turn.id });
        return;
      } catch (error) {
        if (!(error instanceof RpcError)) return;
        // For some milliseconds after it said that a turn has begun, Codex knows of none (observed on 0.169).
        this.#options.log("interrupt refused", { error: String(error) });
      }
      await delay(interruptPauseMs, undefined, { ref: false });
    }
  }

  async #restoreModel(connection: RpcConnection, { model, effort }: ModelChoice): Promise<void> {
    // An effort that was not set can be unset in this way alone.
    const settings = { model, reasoning_effort: effort, developer_instructions: null };
    await connection.request("thread/settings/update", {
      threadId: this.#threadId,
      collaborationMode: { mode: "default", settings },
    });
    this.#options.store.sessions.saveRestore(this.name, undefined);
    this.#restore = undefined;
  }

  /** Settles when the turn does not run any more: Codex said so, or it has gone. */
  #turnGone(turn: RunningTurn, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#turn === turn && !signal.aborted) return;
        this.off("status", look);
        resolve();
      };
      this.on("status", look);
      signal.addEventListener("abort", look);
      look();
    });
  }

  /** A prompt that Codex did not take, or may have taken: what to say of it. */
  #notTaken(id: string, error: unknown): unknown {
    if (error instanceof RpcError) {
      this.prompts.end(id, { state: "failed", error: error.message });
      return new WorkspaceError(`Codex refused the prompt: ${error.message}`, {
        code: "PROMPT_REFUSED",
        remedy: "Correct the prompt and send it again.",
        cause: error,
      });
    }
    if (error instanceof ConnectionLostError) {
      if (!error.wasSent) this.prompts.queuedAgain(id);
      return new WorkspaceError("Codex went away before it said that it took the prompt", {
        code: "PROMPT_UNCERTAIN",
        remedy: "Look into the messages whether the prompt is there before you send it again.",
        cause: error,
      });
    }
    return error;
  }

  #promptSeen(item: Item, turnId: string): void {
    const id = clientIdOf(item);
    if (id === undefined) return;
    this.prompts.running(id, turnId);
    this.#awaitedPrompts.get(id)?.resolve(undefined);
  }

  async #lookIntoCodexQueue(): Promise<void> {
    const [connection, threadId] = [this.#connection, this.#threadId];
    if (connection === undefined || threadId === undefined) return;
    this.#queuedInCodex = undefined;
    const queued = await queuedInCodex(connection, threadId).catch(() => undefined);
    if (connection !== this.#connection) return;
    this.#queuedInCodex = queued;
    this.#goOn();
    this.emit("status", this.#status);
  }

  /** Codex says `idle` just before it says how the turn ended: a session is idle when it has said both. */
  #codexStatus(): void {
    if (this.#connection === undefined) return;
    const { type, activeFlags = [] } = this.#threadStatus;
    if (type === "active" || this.#turn !== undefined) {
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
    this.#since = new Date();
    const problem = status === "error" ? this.#problem : undefined;
    const { events } = this.#options.store;
    events.append(this.name, "session/status", { status, ...(problem !== undefined && { problem }) });
    this.emit("status", status);
  }

  #cannotSend(): WorkspaceError {
    const busy = this.#status !== "starting" && this.#status !== "error" && this.#status !== "stopped";
    return busy
      ? new WorkspaceError("a turn is running: a message can be sent when the status is `stable`", {
          code: "SESSION_BUSY",
          remedy: "Wait until GET /status says `stable`, then send the message again.",
        })
      : new WorkspaceError(this.#problem ?? `the session is ${this.#archived ? "archived" : this.#status}`, {
          code: "SESSION_NOT_READY",
          remedy: "Wait until GET /readyz answers 200; where it gives a reason, that has to be mended first.",
        });
  }
}

async function queuedInCodex(connection: RpcConnection, threadId: string): Promise<number> {
  try {
    return (await connection.request("thread/queue/list", { threadId })).data.length;
  } catch (error) {
    // Codex before 0.155 has no queue.
    if (error instanceof RpcError) return 0;
    throw error;
  }
}

function turnIdOf({ data }: LoggedEvent): string {
  return (JSON.parse(data) as SessionEventData["turn/started"]).turnId;
}
