import { setTimeout as delay } from "node:timers/promises";
import { WorkspaceError } from "@codex-workspace/core";
import { ConnectionLostError, NoAnswerError, RpcError } from "../codex/rpc-connection.ts";
import type { LiveThread } from "./live-thread.ts";
import type { Step } from "./next-step.ts";
import type { PromptQueue } from "./prompt-queue.ts";
import type { PromptOutcome, StoredPrompt } from "./prompt-store.ts";
import type { ModelChoice, SessionStore } from "./session-store.ts";
import type { RunningTurn } from "./turn.ts";
import { failed } from "./turn-failure.ts";
import { ImageMissingError } from "./user-input.ts";

/** What Codex is doing, as far as it decides on what to send it. */
export interface Sending {
  readonly thread: LiveThread | undefined;
  readonly turn: RunningTurn | undefined;
  /** Codex runs nothing, and nothing of its own waits. */
  readonly idle: boolean;
  /** No turn is begun. */
  readonly held: boolean;
}

export interface PromptSenderOptions {
  readonly session: string;
  readonly prompts: PromptQueue;
  readonly sessions: SessionStore;
  readonly now: () => Sending;
  /** Whether a turn may be begun, as far as that is not Codex's to say. */
  readonly mayBegin: () => boolean;
  /** Codex has begun a turn. */
  readonly turnBegan: (turnId: string) => void;
  /** Codex has put a prompt into the turn that runs. */
  readonly steered: (promptId: string, turnId: string) => void;
  /** What became of a turn that has just ended. */
  readonly outcomeOf: (turnId: string) => PromptOutcome | undefined;
  readonly interrupt: (turn: RunningTurn) => Promise<void>;
  /** Something was done, or was waited for. */
  readonly acted: () => void;
  readonly log: (message: string, details: object) => void;
}

/** What is done for a session: something for the prompts that wait, or going back to its own model. */
type Action = Step | { readonly kind: "restore"; readonly choice: ModelChoice };

/** Until a prompt that Codex took is seen in the thread. Codex says it within milliseconds. */
const visibleDeadlineMs = 5_000;
/** How long a terminal has after a turn to begin the next one. */
const terminalFirstMs = 100;
/** How long after a prompt that could not be handed over the next one is looked at. */
const retryMs = 1_000;

/** Hands the prompts that wait to Codex, one thing after the other. */
export class PromptSender {
  readonly #options: PromptSenderOptions;
  readonly #awaited = new Map<string, PromiseWithResolvers<undefined>>();
  /** What to go back to after a prompt that had a model or effort of its own. */
  #restore: ModelChoice | undefined;
  /** Something of ours is on its way to Codex, or the terminal goes first. */
  #acting = false;
  #closed = false;

  constructor(options: PromptSenderOptions) {
    this.#options = options;
    this.#restore = options.sessions.ensure(options.session).restore;
  }

  get isActing(): boolean {
    return this.#acting;
  }

  /** A prompt would be sent at once. */
  get isFree(): boolean {
    const { idle, thread, held } = this.#options.now();
    const isReachable = thread?.isReachable === true;
    return idle && !held && isReachable && !this.#acting && this.#nextAction() === undefined;
  }

  /** A prompt had a model or effort of its own, which is still in force. */
  get hasToRestore(): boolean {
    return this.#restore !== undefined;
  }

  /** Does what is to be done next. */
  goOn(): void {
    const { thread } = this.#options.now();
    // Without a connection each try would fail at once, and the next one would follow without a pause.
    if (this.#acting || this.#closed || thread?.isReachable !== true) return;
    const action = this.#nextAction();
    if (action === undefined) return;
    // Nor is a turn interrupted, a person's perhaps, for one that may not begin.
    const begins = action.kind === "start" || action.kind === "interrupt";
    if (begins && !this.#options.mayBegin()) return;
    this.#acting = true;
    void this.#act(thread, action)
      .catch((error: unknown) => {
        this.#options.log("a prompt could not be handed over", { reason: String(error) });
        return delay(retryMs, undefined, { ref: false });
      })
      .then(() => this.#acted());
  }

  /**
   * Settles when a queued prompt is one of the thread's messages.
   *
   * @throws WorkspaceError `PROMPT_REFUSED`, `PROMPT_UNCERTAIN`
   */
  async visible(id: string): Promise<void> {
    const awaited = Promise.withResolvers<undefined>();
    this.#awaited.set(id, awaited);
    this.goOn();
    try {
      await awaited.promise;
    } finally {
      this.#awaited.delete(id);
    }
  }

  /** The thread shows a prompt of ours. */
  seen(id: string, turnId: string): void {
    this.#options.prompts.running(id, turnId);
    this.#awaited.get(id)?.resolve(undefined);
  }

  /** What was not seen in the thread by now is not going to be: a turn can end before it. */
  turnEnded(): void {
    for (const awaited of this.#awaited.values()) awaited.resolve(undefined);
    // A terminal sends what a person queued in it once a turn has ended. Sent at the same moment, ours would steer it.
    if (this.#acting || this.#options.prompts.length === 0) return;
    this.#acting = true;
    void delay(terminalFirstMs, undefined, { ref: false }).then(() => this.#acted());
  }

  /** Codex went away: what it took and did not show may be nowhere. */
  lost(): void {
    for (const awaited of this.#awaited.values()) awaited.reject(uncertain(wentAway));
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
  }

  #nextAction(): Action | undefined {
    const { idle, turn, held } = this.#options.now();
    if (idle && this.#restore !== undefined) return { kind: "restore", choice: this.#restore };
    return this.#options.prompts.nextStep({ turn, idle, held });
  }

  #acted(): void {
    this.#acting = false;
    this.goOn();
    this.#options.acted();
  }

  async #act(thread: LiveThread, action: Action): Promise<void> {
    const { turn } = this.#options.now();
    switch (action.kind) {
      case "restore":
        await thread.setModel(action.choice);
        this.#saveRestore(undefined);
        break;
      case "interrupt":
        if (turn !== undefined) await this.#options.interrupt(turn);
        break;
      case "steer":
        await this.#steer(thread, action);
        break;
      case "start":
        await this.#start(thread, action.prompt);
        break;
    }
  }

  /** Begins a turn with a prompt; settles when the thread shows it. */
  async #start(thread: LiveThread, prompt: StoredPrompt): Promise<void> {
    const { id, request } = prompt;
    const awaited = this.#awaited.get(id) ?? Promise.withResolvers<undefined>();
    this.#awaited.set(id, awaited);
    const settled = awaited.promise.catch(() => undefined);
    try {
      // Codex keeps a turn's model for those that follow: what was in force comes back after it.
      if (request.model !== undefined || request.effort !== undefined) this.#saveRestore(thread.model);
      this.#options.prompts.sending(id);
      const turnId = await thread.startTurn(prompt);
      this.#options.turnBegan(turnId);
      this.#taken(id, turnId);
      await Promise.race([settled, delay(visibleDeadlineMs, undefined, { ref: false })]);
      awaited.resolve(undefined);
    } catch (error) {
      const reason = this.#notTaken(id, error);
      awaited.reject(reason);
      if (reason === error) throw error;
    } finally {
      this.#awaited.delete(id);
    }
  }

  async #steer(thread: LiveThread, { prompt, turnId }: Extract<Step, { kind: "steer" }>): Promise<void> {
    const { prompts, now } = this.#options;
    prompts.sending(prompt.id);
    try {
      if (await thread.steer(prompt, turnId, () => now().turn?.id === turnId)) {
        this.#options.steered(prompt.id, turnId);
        this.#taken(prompt.id, turnId);
        return;
      }
    } catch (error) {
      if (this.#notTaken(prompt.id, error) === error) throw error;
      return;
    }
    // The turn was over: the prompt begins one of its own as soon as Codex says so.
    const { turn } = now();
    if (turn?.id === turnId) turn.ending = true;
    prompts.queuedAgain(prompt.id);
  }

  /** Codex has the prompt in a turn, which may have ended before it said so. */
  #taken(id: string, turnId: string): void {
    const { prompts, outcomeOf } = this.#options;
    prompts.running(id, turnId);
    const outcome = outcomeOf(turnId);
    if (outcome !== undefined) prompts.turnEnded(turnId, outcome);
  }

  /** A prompt that Codex did not take, or may have taken: what to say of it. */
  #notTaken(id: string, error: unknown): unknown {
    if (error instanceof RpcError) {
      this.#options.prompts.end(id, { state: "failed", ...failed("PROMPT_REFUSED", error.message) });
      return new WorkspaceError(`Codex refused the prompt: ${error.message}`, {
        code: "PROMPT_REFUSED",
        remedy: "Correct the prompt and send it again.",
        cause: error,
      });
    }
    if (error instanceof WorkspaceError && error.code === "SESSION_DIRECTORY_CHANGED") {
      const { code, message, remedy } = error;
      this.#options.prompts.end(id, { state: "failed", ...failed(code, `${code}: ${message}`, remedy) });
      return new WorkspaceError(message, { code, remedy, cause: error });
    }
    if (error instanceof ImageMissingError) {
      const remedy = "Upload the image or write it into the project, then send the prompt again.";
      this.#options.prompts.end(id, { state: "failed", ...failed("PROMPT_REFUSED", error.message, remedy) });
      return new WorkspaceError(error.message, {
        code: "PROMPT_REFUSED",
        remedy,
        cause: error,
      });
    }
    if (error instanceof NoAnswerError) {
      const words = `${error.message}: the prompt may have run, and is never sent again`;
      this.#options.prompts.end(id, { state: "interrupted", code: "PROMPT_UNCERTAIN", error: words });
      this.#options.log("a prompt was not answered", { promptId: id, reason: error.message });
      return uncertain(`Codex did not say that it has taken the prompt: ${error.message}`, error);
    }
    if (error instanceof ConnectionLostError) {
      if (!error.wasSent) this.#options.prompts.queuedAgain(id);
      return uncertain(wentAway, error);
    }
    return error;
  }

  #saveRestore(choice: ModelChoice | undefined): void {
    this.#options.sessions.saveRestore(this.#options.session, choice);
    this.#restore = choice;
  }
}

const wentAway = "Codex went away before it showed the prompt";

function uncertain(message: string, cause?: Error): WorkspaceError {
  return new WorkspaceError(message, {
    code: "PROMPT_UNCERTAIN",
    remedy: "Look into the messages whether the prompt is there before you send it again.",
    cause,
  });
}
