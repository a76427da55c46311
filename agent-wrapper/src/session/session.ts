import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type {
  AuditAction,
  EndedTurn,
  InterruptedBy,
  PromptRequest,
  McpServerStatus,
  SessionSettings,
  SessionStatus,
  TokenUsage,
} from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import {
  type Item,
  type Notification,
  type ServerRequest,
  toMessageItem,
  type Turn,
  type TurnError,
} from "../codex/protocol.ts";
import { ConnectionLostError, NoAnswerError, type RpcConnection } from "../codex/rpc-connection.ts";
import { AgentThreads } from "./agent-threads.ts";
import { threadOf } from "./approval-request.ts";
import { Approvals } from "./approvals.ts";
import type { Actor, Deed } from "./audit-log.ts";
import type { CodexNotices, Notice } from "./codex-notices.ts";
import { type Conversation, conversationOf, type Message } from "./conversation.ts";
import { fillIn, fillInTurn } from "./fill-in.ts";
import { lastEndedTurn, lastUsage } from "./last-told.ts";
import type { LiveThread } from "./live-thread.ts";
import { warningOf } from "./mcp-server-status.ts";
import { ModelWatch } from "./model-watch.ts";
import { openThread } from "./open-thread.ts";
import { PromptQueue } from "./prompt-queue.ts";
import { PromptSender } from "./prompt-sender.ts";
import type { PromptOutcome, StoredPrompt } from "./prompt-store.ts";
import type { Store } from "./store.ts";
import type { ThreadParams } from "./thread-settings.ts";
import type { TokenBudget } from "./token-budget.ts";
import { clientIdOf, RunningTurn, toEndedTurn } from "./turn.ts";
import { failed, isTerminal, toFailedOutcome } from "./turn-failure.ts";

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
  readonly approvalTimeoutMs?: () => number | undefined;
  /** Prompts wait, whatever Codex does. */
  readonly isHeld: () => boolean;
  /** Whether a terminal of ours shows the session. */
  readonly hasTerminal: () => boolean;
  readonly budget: TokenBudget;
  readonly notices: CodexNotices;
  /** Whether the model's endpoint answers nobody. */
  readonly isModelSilent: () => Promise<boolean>;
  /** Host and port of the model endpoint, for messages. */
  readonly modelHost: () => string;
  readonly log: (message: string, details?: object) => void;
}

/** Which field of its item a notification adds to. */
const growingField = {
  "item/agentMessage/delta": "text",
  "item/reasoning/summaryTextDelta": "summary",
  "item/commandExecution/outputDelta": "output",
} as const;

/** Until Codex says that a turn it was asked to interrupt has ended. */
const interruptDeadlineMs = 10_000;

/** Pause before an app-server that did not answer is asked for the thread again. */
const attachAgainMs = 10_000;

/** One Codex thread, as task systems see it: prompts in, messages and status out. */
export class Session extends EventEmitter<SessionEvents> {
  readonly prompts: PromptQueue;
  readonly approvals: Approvals;
  readonly createdAt: Date;
  readonly #options: SessionOptions;
  readonly #sender: PromptSender;
  readonly #modelWatch: ModelWatch;
  #threadId: string | undefined;
  /** Its thread, while an app-server has it and keeps to what was asked. */
  #thread: LiveThread | undefined;
  #archived: boolean;
  #stricter: readonly string[] = [];
  #unread: readonly string[] = [];
  #conversation: Conversation | undefined;
  #status: SessionStatus = "starting";
  #since = new Date();
  #problem: string | undefined;
  #turn: RunningTurn | undefined;
  readonly #agents = new AgentThreads();
  /** What became of the turn that ended last. */
  #ended: { readonly turnId: string; readonly outcome: PromptOutcome } | undefined;
  #lastTurn: EndedTurn | undefined;
  #usage: TokenUsage | undefined;

  constructor(options: SessionOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.prompts = new PromptQueue(options.name, options.store);
    this.approvals = new Approvals({
      session: options.name,
      store: options.store,
      timeoutMs: options.approvalTimeoutMs ?? (() => undefined),
      hasTerminal: options.hasTerminal,
      interrupt: async (turnId, threadId, actor) => {
        if (this.#turn?.id === turnId) {
          await this.#interruptTurn(this.#turn, actor, actor === "system" ? "timeout" : "person");
          return;
        }
        this.#audit(actor, "turn/interrupted", { turnId });
        await this.#thread?.interrupt(turnId, () => this.#agents.isActive(threadId), threadId);
      },
      itemOf: (turnId, itemId) => options.store.items.get(options.name, turnId, itemId) ?? this.#agents.item(itemId),
      log: options.log,
    });
    this.#sender = new PromptSender({
      session: options.name,
      prompts: this.prompts,
      sessions: options.store.sessions,
      now: () => ({ thread: this.#thread, turn: this.#turn, idle: this.#idle, held: options.isHeld() }),
      mayBegin: () => options.budget.mayBegin(),
      turnBegan: (turnId) => this.#turnRuns(turnId),
      outcomeOf: (turnId) => (this.#ended?.turnId === turnId ? this.#ended.outcome : undefined),
      steered: (promptId, turnId) => this.#audit("system", "prompt/steered", { promptId, turnId }),
      interrupt: (turn) => this.#interruptTurn(turn, "system", "prompt"),
      acted: () => this.emit("status", this.#status),
      log: options.log,
    });
    this.#modelWatch = new ModelWatch({ isSilent: options.isModelSilent, onSilent: () => void this.#modelIsSilent() });
    const { archived, threadId, createdAt } = options.store.sessions.ensure(options.name);
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

  /** Codex's own warnings about it, and instructions that do not reach the model. */
  get warnings(): readonly string[] {
    if (this.#threadId === undefined) return [];
    return [...this.#unread, ...this.#options.notices.warnings(this.#threadId)];
  }

  /** MCP servers of its thread. */
  get mcpServers(): readonly McpServerStatus[] {
    return this.#threadId === undefined ? [] : this.#options.notices.mcpServers(this.#threadId);
  }

  /** In force now. */
  get model(): string | undefined {
    return this.#thread?.model.model;
  }

  /** A turn runs, or prompts of ours wait. */
  get isBusy(): boolean {
    return this.#turn !== undefined || this.#sender.isActing || this.prompts.length > 0;
  }

  /** Nothing runs, nothing of ours is on its way to Codex, and nothing of Codex's own waits. */
  get isAtRest(): boolean {
    if (this.#sender.isActing || this.#turn !== undefined || this.#agents.areActive) return false;
    return this.#thread === undefined || this.#status === "error" || (this.#idle && !this.#sender.hasToRestore);
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
    return this.#thread?.queued ?? 0;
  }

  get messages(): readonly Message[] {
    return this.#conversation?.messages ?? [];
  }

  /** Nothing runs and nothing waits to run: a prompt would be sent at once. */
  get acceptsPrompts(): boolean {
    return this.#sender.isFree;
  }

  /** app-server is there (again): start or resume the thread, settle what was under way, send what waits. */
  async attach(connection: RpcConnection): Promise<void> {
    if (this.#archived) return;
    const { name, store, log } = this.#options;
    const { createdAt, threadId } = store.sessions.ensure(name);
    try {
      const params = this.#options.params();
      const opened = await openThread(connection, { name, threadId, params, log });
      const { thread, turns, comparison, ineffective, unread } = opened;
      if (thread.id !== threadId) {
        store.sessions.saveThread(name, thread.id);
        store.events.append(name, "thread/started", { threadId: thread.id });
        this.#usage = undefined;
      }
      this.#usage ??= lastUsage(store.events, name);
      this.#threadId = thread.id;
      this.tellNotices(this.#options.notices.take(thread.id));
      for (const warning of unread) if (!this.#unread.includes(warning)) log(warning, { session: name });
      this.#unread = unread;
      this.#settle(turns, createdAt);
      this.#stricter = comparison.stricter;
      if (ineffective.length > 0) {
        this.fail(ineffective.join(" "));
        return;
      }
      if (comparison.weaker.length > 0) {
        this.fail(`Codex does not keep to what was asked: ${comparison.weaker.join("; ")}`);
        return;
      }
      this.#problem = undefined;
      this.#thread = thread;
      await thread.countQueue();
      this.#codexStatus();
      this.#sender.goOn();
    } catch (error) {
      if (error instanceof ConnectionLostError) return;
      // A Codex that falls back to its defaults refuses the thread for what the defaults lack.
      const { refusal } = this.#options.notices;
      this.fail(refusal ?? (error instanceof Error ? error.message : String(error)));
      if (error instanceof NoAnswerError) void this.#attachLater(connection);
    }
  }

  /** Tries again to get the thread from an app-server that answers others. */
  async #attachLater(connection: RpcConnection): Promise<void> {
    await delay(attachAgainMs, undefined, { ref: false });
    if (connection.isOpen && this.#status === "error") await this.attach(connection);
  }

  /** app-server went away. A turn that ran has ended with it. */
  detach(): void {
    if (this.#archived) return;
    this.#thread = undefined;
    this.#turn = undefined;
    this.#agents.clear();
    this.#modelWatch.end();
    this.approvals.turnEnded();
    this.#sender.lost();
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
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `SESSION_ARCHIVED`, `IDEMPOTENCY_KEY_REUSED`,
   * `STATE_NOT_WRITABLE`, `TOKENS_USED_UP`
   */
  prompt(request: PromptRequest, actor: Actor, sameKey?: string): StoredPrompt {
    const isKnown = sameKey !== undefined && this.prompts.hasKey(sameKey);
    const isRefused = request.whenBusy === "reject" && !this.acceptsPrompts;
    if (!isKnown && (isRefused || this.#status === "error" || this.#status === "stopped")) throw this.#cannotSend();
    if (!isKnown) this.#options.budget.require();
    const prompt = this.prompts.add(request, actor, sameKey);
    this.#sender.goOn();
    return prompt;
  }

  /**
   * Sends a text to the idle thread; settles when it is one of its messages.
   *
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `PROMPT_REFUSED`, `PROMPT_UNCERTAIN`, `STATE_NOT_WRITABLE`,
   * `TOKENS_USED_UP`
   */
  async send(text: string, actor: Actor): Promise<void> {
    if (!this.acceptsPrompts) throw this.#cannotSend();
    this.#options.budget.require();
    const { id } = this.prompts.add({ input: text, whenBusy: "reject" }, actor);
    try {
      await this.#sender.visible(id);
    } catch (error) {
      // Whoever is told that it failed does not expect it to be sent later.
      if (this.prompts.get(id).state === "queued") this.prompts.end(id, { state: "cancelled" });
      throw error;
    }
  }

  /** Does what was held back. */
  goOn(): void {
    this.#sender.goOn();
    this.emit("status", this.#status);
  }

  /** @throws WorkspaceError `STATE_NOT_WRITABLE` */
  pauseQueue(paused: boolean, actor: Actor): void {
    this.prompts.pause(paused, actor);
    this.#options.store.events.append(this.name, "queue/changed", { paused });
    this.goOn();
  }

  /**
   * Interrupts the running turn; settles when Codex says that it has ended, with how.
   *
   * @throws WorkspaceError `NO_TURN_RUNNING`, `CODEX_SILENT`, `STATE_NOT_WRITABLE`
   */
  async interrupt(actor: Actor, by: InterruptedBy = "person"): Promise<EndedTurn> {
    const turn = this.#turn;
    if (turn === undefined || this.#thread === undefined) {
      throw new WorkspaceError(`no turn runs in session "${this.name}"`, {
        code: "NO_TURN_RUNNING",
        remedy: "There is nothing to interrupt.",
      });
    }
    const leaving = new AbortController();
    const ended = this.#turnGone(turn, leaving.signal);
    const late = delay(interruptDeadlineMs, undefined, { ref: false, signal: leaving.signal });
    try {
      // Codex may answer the request to interrupt as late as it ends the turn: one deadline covers both.
      await Promise.race([this.#interruptTurn(turn, actor, by).then(() => ended), late]);
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
    this.#sender.close();
    if (this.#turn === undefined) return;
    const interrupted = this.interrupt("system", "shutdown").catch((error: unknown) => {
      this.#options.log("the turn was not interrupted", { reason: String(error) });
    });
    await Promise.race([interrupted, delay(deadlineMs, undefined, { ref: false })]);
  }

  stopped(): void {
    this.#setStatus("stopped");
  }

  /** What Codex asks in any thread. */
  requested(request: ServerRequest, connection: RpcConnection): void {
    const threadId = threadOf(request);
    if (threadId === undefined) return;
    if (threadId === this.#threadId || this.#agents.has(threadId)) this.approvals.requested(request, connection);
  }

  /** Tells and logs what Codex says in passing. */
  tellNotices(notices: readonly Notice[]): void {
    const { name, store, log } = this.#options;
    for (const notice of notices) {
      if (notice.kind === "warning") {
        log("Codex warns", { session: name, warning: notice.message });
        store.events.append(name, "codex/warning", { message: notice.message });
        continue;
      }
      const { server } = notice;
      if (server.status === "starting") continue;
      const warning = warningOf(server);
      if (warning !== undefined) log(warning, { session: name });
      store.events.append(name, "mcpServer/changed", { server });
    }
  }

  /** What Codex tells of any thread. */
  notified(notification: Notification): void {
    const { method, params } = notification;
    if (!("threadId" in params) || typeof params.threadId !== "string") return;
    if (this.#agents.has(params.threadId)) this.#agentNotified(notification);
    if (params.threadId !== this.#threadId) return;
    const now = new Date();
    const { name, store } = this.#options;
    switch (method) {
      case "thread/status/changed":
        if (this.#thread !== undefined) this.#thread.status = params.status;
        this.#codexStatus();
        break;
      case "turn/started":
        this.#turnRuns(params.turn.id);
        break;
      case "turn/completed":
        this.#turnCompleted(params.turn, now);
        break;
      case "item/started":
      case "item/completed": {
        this.#conversation?.itemChanged(params.item, params.turnId, now);
        const promptId = clientIdOf(params.item);
        if (promptId !== undefined) this.#sender.seen(promptId, params.turnId);
        if (method === "item/completed") {
          this.#turn?.itemCompleted(params.item);
          this.#foreignPrompt(params.item, params.turnId);
        } else {
          this.#turn?.itemStarted(params.item);
        }
        this.#agents.seen(params.item);
        store.items.save(name, params.turnId, params.item);
        store.events.append(name, method, { turnId: params.turnId, item: params.item });
        break;
      }
      case "item/agentMessage/delta":
      case "item/reasoning/summaryTextDelta":
      case "item/commandExecution/outputDelta": {
        const { turnId, itemId, delta: piece } = params;
        if (method === "item/agentMessage/delta") this.#conversation?.agentDelta(turnId, itemId, piece, now);
        store.events.pass(name, "item/delta", { turnId, itemId, field: growingField[method], delta: piece });
        break;
      }
      case "thread/tokenUsage/updated":
        this.#usage = params.tokenUsage.total;
        if (params.turnId === this.#turn?.id) this.#turn.used(params.tokenUsage);
        store.events.append(name, "usage/updated", { turnId: params.turnId, usage: this.#usage });
        break;
      case "thread/settings/updated":
        this.#thread?.settingsUpdated(params.threadSettings);
        break;
      case "thread/queue/changed":
        void this.#countQueue();
        break;
      case "serverRequest/resolved":
        this.approvals.closed(params.requestId, { turnEnds: this.#turn?.ending === true });
        break;
      case "error":
        this.#options.log("turn error", { message: params.error.message, willRetry: params.willRetry });
        if (params.willRetry) void this.#requestRepeats(params.turnId, params.error);
        break;
      default:
    }
    this.#watchModel();
  }

  /** Something has happened: from now on the turn waits for the model, or for something else. */
  #watchModel(): void {
    if (this.#status === "working" && this.#turn?.waitsForModel === true) this.#modelWatch.begin();
    else this.#modelWatch.end();
  }

  async #modelIsSilent(): Promise<void> {
    const turn = this.#turn;
    if (turn === undefined) return;
    const why = `the model's endpoint ${this.#options.modelHost()} takes connections and answers nothing`;
    this.#options.log(why, { turnId: turn.id });
    turn.failure = failed("PROVIDER_UNREACHABLE", why);
    await this.#interruptTurn(turn, "system");
  }

  /** Codex repeats a request that failed. A request that cannot succeed ends its turn. */
  async #requestRepeats(turnId: string, error: TurnError): Promise<void> {
    const turn = this.#turn;
    const { message, additionalDetails, codexErrorInfo } = error;
    const outcome = toFailedOutcome({ message: additionalDetails ?? message, codexErrorInfo });
    // "Reconnecting... 3/5"
    const [, attempt, maxAttempts] = /(\d+)\/(\d+)/.exec(message) ?? [];
    const count = attempt === undefined ? {} : { attempt: Number(attempt), maxAttempts: Number(maxAttempts) };
    this.#options.store.events.append(this.name, "turn/retried", { turnId, ...count, ...outcome });
    if (turn === undefined || turn.failure !== undefined || !isTerminal(outcome)) return;
    turn.failure = outcome;
    await this.#interruptTurn(turn, "system");
  }

  /** Of a subagent, only what it waits for is the session's. */
  #agentNotified(notification: Notification): void {
    this.#agents.notified(notification);
    const { method, params } = notification;
    switch (method) {
      case "thread/status/changed":
        this.#codexStatus();
        this.goOn();
        break;
      case "turn/completed":
        this.approvals.turnEnded(params.turn.id);
        break;
      case "serverRequest/resolved":
        this.approvals.closed(params.requestId, { turnEnds: this.#turn?.ending === true });
        break;
      default:
    }
  }

  /** What was typed in a terminal is a prompt too. */
  #foreignPrompt(item: Item, turnId: string): void {
    const message = toMessageItem(item);
    if (message?.type !== "userMessage") return;
    const { clientId, content } = message;
    if (typeof clientId === "string" && this.#options.store.prompts.get(this.name, clientId) !== undefined) return;
    const characters = content.reduce((sum, { text = "" }) => sum + text.length, 0);
    this.#audit(this.#somebodyElse, "prompt/accepted", { turnId, itemId: item.id, characters });
  }

  /** Who does what Codex tells us of and we did not ask for. */
  get #somebodyElse(): Actor {
    return this.#options.hasTerminal() ? "terminal" : "unknown";
  }

  #audit(actor: Actor, action: AuditAction, details: Deed["details"] = {}): void {
    this.#options.store.audit.append({ actor, action, session: this.name, details });
  }

  /** Brings conversation and prompts to what Codex's history says. */
  #settle(turns: readonly Turn[], createdAt: Date): void {
    if (this.#conversation === undefined) {
      this.#conversation = conversationOf(turns, createdAt, (message) => this.emit("message", message));
      for (const message of this.#conversation.messages) this.emit("message", message);
    } else {
      this.#conversation.caughtUp(turns.at(-1), new Date());
    }
    this.prompts.settle(turns);
    fillIn(this.#options.store, this.name, turns);
    const lastTurn = turns.at(-1);
    if (lastTurn === undefined) return;
    // What was told of it has more than history: its tokens, and that it failed where we ended it.
    const told = lastEndedTurn(this.#options.store.events, this.name);
    this.#lastTurn =
      told?.id === lastTurn.id ? told : toEndedTurn(lastTurn, lastTurn.items, { interruptedBy: "restart" });
  }

  #turnRuns(turnId: string): void {
    if (this.#turn?.id === turnId || this.#ended?.turnId === turnId) return;
    this.#turn = new RunningTurn(turnId, this.#usage);
    this.#options.store.events.append(this.name, "turn/started", { turnId });
    this.#codexStatus();
    this.#sender.goOn();
  }

  #turnCompleted(turn: Turn, now: Date): void {
    const { messages = [], usage, failure, interruptedBy = "person" } = this.#turn?.id === turn.id ? this.#turn : {};
    const known = { failure, interruptedBy };
    const ended = { ...toEndedTurn(turn, messages, known), ...(usage !== undefined && { usage }) };
    const { status, ...said } = ended;
    this.#conversation?.turnCompleted(ended, now);
    const isOurs = this.#turn?.id === turn.id && this.#turn.ending;
    if (status === "interrupted" && !isOurs) this.#audit(this.#somebodyElse, "turn/interrupted", { turnId: turn.id });
    const outcome = { state: status, ...said };
    this.#ended = { turnId: turn.id, outcome };
    this.#lastTurn = ended;
    this.#options.store.events.append(this.name, "turn/completed", { turn: this.#lastTurn });
    this.prompts.turnEnded(turn.id, outcome);
    this.approvals.turnEnded(turn.id);
    this.#turn = undefined;
    if (status === "interrupted") void this.#readTurn(turn.id);
    this.#sender.turnEnded();
    this.#codexStatus();
    this.#sender.goOn();
  }

  /** What Codex completed at the moment of an interruption it does not tell (observed on 0.169); its history has it. */
  async #readTurn(turnId: string): Promise<void> {
    try {
      const turn = (await this.#thread?.turns())?.find(({ id }) => id === turnId);
      if (turn === undefined) return;
      for (const item of fillInTurn(this.#options.store, this.name, turn))
        this.#conversation?.itemChanged(item, turnId, new Date());
    } catch (error) {
      // When Codex is back, its whole history is read.
      if (!(error instanceof ConnectionLostError))
        this.#options.log("an interrupted turn could not be read", { turnId, reason: String(error) });
    }
  }

  /** Codex runs nothing, and nothing of its own waits. */
  get #idle(): boolean {
    return this.#status === "idle" && this.#thread?.queued === 0;
  }

  /** Settles when Codex has taken the interrupt, or the turn runs no more. */
  async #interruptTurn(turn: RunningTurn, actor: Actor, by?: InterruptedBy): Promise<void> {
    const deed = { actor, action: "turn/interrupted", session: this.name, details: { turnId: turn.id } } as const;
    const { audit } = this.#options.store;
    // Nobody is there to be told that it cannot be written.
    if (actor === "system") audit.append(deed);
    else audit.record(deed);
    turn.ending = true;
    turn.interruptedBy ??= by;
    await this.#thread?.interrupt(turn.id, () => this.#turn === turn);
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

  async #countQueue(): Promise<void> {
    // Not asked when Codex has gone: it is when it is back.
    await this.#thread?.countQueue().catch(() => undefined);
    this.goOn();
  }

  /** Codex says `idle` just before it says how the turn ended: a session is idle when it has said both. */
  #codexStatus(): void {
    if (this.#thread === undefined) return;
    const { type, activeFlags = [] } = this.#thread.status;
    const flags = [...activeFlags, ...this.#agents.activeFlags];
    if (flags.includes("waitingOnApproval")) this.#setStatus("awaiting_approval");
    else if (flags.includes("waitingOnUserInput")) this.#setStatus("awaiting_input");
    else this.#setStatus(type === "active" || this.#turn !== undefined ? "working" : "idle");
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
    if (this.#archived) {
      return new WorkspaceError(`session "${this.name}" is archived`, {
        code: "SESSION_ARCHIVED",
        remedy: `Take it back first: POST /v1/sessions/${this.name}/unarchive.`,
      });
    }
    const busy = this.#status !== "starting" && this.#status !== "error" && this.#status !== "stopped";
    const why = this.#options.isHeld() ? "a new configuration comes first" : "a turn is running";
    return busy
      ? new WorkspaceError(`${why}: a message can be sent when the status is \`stable\``, {
          code: "SESSION_BUSY",
          remedy: "Wait until GET /status says `stable`, then send the message again.",
        })
      : new WorkspaceError(this.#problem ?? `the session is ${this.#status}`, {
          code: "SESSION_NOT_READY",
          remedy: "Wait until GET /readyz answers 200; where it gives a reason, that has to be mended first.",
        });
  }
}
