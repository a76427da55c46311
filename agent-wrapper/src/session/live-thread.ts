import { setTimeout as delay } from "node:timers/promises";
import type { ThreadStatus, Turn, UpdatedSettings } from "../codex/protocol.ts";
import { NoAnswerError, type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import type { StoredPrompt } from "./prompt-store.ts";
import type { ModelChoice } from "./session-store.ts";
import { areWritableRoots, requireSameDirectory, type WritableReport } from "./session-directory.ts";
import { toUserInput } from "./user-input.ts";

/** For how long, and how often, Codex is asked about a turn that it does not know yet. */
const unknownTurnDeadlineMs = 10_000;
const unknownTurnPauseMs = 20;

export interface LiveThreadOptions {
  readonly id: string;
  /** Absolute; files that a prompt names are below it. */
  readonly directory: string;
  /** What commands may write under workspace-write, in place of the directory. */
  readonly writableRoots: readonly string[];
  /** In force, as Codex reports it. */
  readonly model: ModelChoice;
  /** What commands may write, as Codex reports it: its directory and its `SandboxPolicy`. */
  readonly reported: WritableReport;
}

/** A thread that an app-server has loaded: what it says of itself, and what can be asked of it. */
export class LiveThread {
  readonly id: string;
  /** In force now. */
  model: ModelChoice;
  status: ThreadStatus = { type: "idle" };
  /** Prompts in Codex's own queue; unknown while it is asked. */
  queued: number | undefined;
  readonly #connection: RpcConnection;
  readonly #directory: string;
  readonly #writableRoots: readonly string[];
  /** Codex has the writable roots. Naming them again in each turn costs 4 ms of Codex's time (observed on 0.169). */
  #hasRoots: boolean;

  constructor(connection: RpcConnection, { id, directory, writableRoots, model, reported }: LiveThreadOptions) {
    this.#connection = connection;
    this.id = id;
    this.#directory = directory;
    this.#writableRoots = writableRoots;
    this.model = model;
    this.#hasRoots = areWritableRoots(writableRoots, reported);
  }

  /** What is asked reaches Codex. A connection that is gone is soon replaced, with the thread. */
  get isReachable(): boolean {
    return this.#connection.isOpen;
  }

  /** Codex reports new settings of the turns to come: a turn or a terminal changed them. */
  settingsUpdated({ model, effort, cwd, sandboxPolicy }: UpdatedSettings): void {
    this.model = { model, effort: effort ?? null };
    // Each change of the directory makes the directory itself the writable root again (observed on 0.140 to 0.169).
    this.#hasRoots = areWritableRoots(this.#writableRoots, { cwd, sandbox: sandboxPolicy });
  }

  /**
   * Begins a turn; settles with its id.
   *
   * @throws RpcError, ConnectionLostError, NoAnswerError, ImageMissingError,
   * WorkspaceError `SESSION_DIRECTORY_CHANGED`
   */
  async startTurn({ id, request }: StoredPrompt): Promise<string> {
    if (!this.#writableRoots.includes(this.#directory)) requireSameDirectory(this.#directory);
    const { model, effort, outputSchema } = request;
    const { turn } = await this.#connection.request("turn/start", {
      threadId: this.id,
      clientUserMessageId: id,
      ...(!this.#hasRoots && { runtimeWorkspaceRoots: this.#writableRoots }),
      input: await toUserInput(request, this.#directory),
      ...{ model, effort, outputSchema },
    });
    this.#hasRoots = true;
    return turn.id;
  }

  /** Gives the turn a prompt; false where it runs no more. @throws RpcError, ConnectionLostError, NoAnswerError, ImageMissingError */
  async steer({ id, request }: StoredPrompt, turnId: string, isRunning: () => boolean): Promise<boolean> {
    return this.#askAbout(isRunning, async () => {
      try {
        await this.#connection.request("turn/steer", {
          threadId: this.id,
          expectedTurnId: turnId,
          clientUserMessageId: id,
          input: await toUserInput(request, this.#directory),
        });
        return true;
      } catch (error) {
        if (error instanceof RpcError && /no active turn|expected/i.test(error.message)) return false;
        throw error;
      }
    });
  }

  /** Settles when Codex has taken it, or has gone, or the turn runs no more. The turn may be of a subagent's thread. */
  async interrupt(turnId: string, isRunning: () => boolean, threadId = this.id): Promise<void> {
    await this.#askAbout(isRunning, async () => {
      try {
        await this.#connection.request("turn/interrupt", { threadId, turnId });
        return true;
      } catch (error) {
        return !(error instanceof RpcError);
      }
    });
  }

  /** Model and effort of the turns to come. @throws RpcError, ConnectionLostError */
  async setModel({ model, effort }: ModelChoice): Promise<void> {
    // An effort that was not set can be unset in this way alone.
    const settings = { model, reasoning_effort: effort, developer_instructions: null };
    await this.#connection.request("thread/settings/update", {
      threadId: this.id,
      collaborationMode: { mode: "default", settings },
    });
  }

  /** Codex's whole history of it. @throws RpcError, ConnectionLostError */
  async turns(): Promise<readonly Turn[]> {
    const { thread } = await this.#connection.request("thread/read", { threadId: this.id, includeTurns: true });
    return thread.turns;
  }

  /** Looks how much Codex's own queue has. @throws ConnectionLostError */
  async countQueue(): Promise<void> {
    this.queued = undefined;
    try {
      const { data } = await this.#connection.request("thread/queue/list", { threadId: this.id });
      this.queued = data.length;
    } catch (error) {
      // Codex before 0.155 has no queue; and an answer that never comes must not hold the session's prompts for ever.
      if (!(error instanceof RpcError || error instanceof NoAnswerError)) throw error;
      this.queued = 0;
    }
  }

  /** Asks until Codex takes it: for some milliseconds after it said that a turn has begun, it knows of none (0.169). */
  async #askAbout(isRunning: () => boolean, ask: () => Promise<boolean>): Promise<boolean> {
    const end = performance.now() + unknownTurnDeadlineMs;
    while (isRunning() && performance.now() < end) {
      if (await ask()) return true;
      await delay(unknownTurnPauseMs, undefined, { ref: false });
    }
    return false;
  }
}
