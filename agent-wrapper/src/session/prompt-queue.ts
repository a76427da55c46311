import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { PromptRequest, PromptState } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Turn } from "../codex/protocol.ts";
import type { Actor } from "./audit-log.ts";
import { nextStep, type Situation, type Step } from "./next-step.ts";
import { initialPromptKey, type PromptOutcome, type PromptPage, type StoredPrompt } from "./prompt-store.ts";
import { withoutImages } from "./released-images.ts";
import type { Store } from "./store.ts";
import { clientIdOf, toEndedTurn } from "./turn.ts";

interface PromptQueueEvents {
  /** A prompt as it is now. */
  prompt: [StoredPrompt];
}

const unended: readonly PromptState[] = ["queued", "sending", "running"];

/** The prompts of one session and what becomes of them. What it says is on disk, or on its way there. */
export class PromptQueue extends EventEmitter<PromptQueueEvents> {
  readonly #session: string;
  readonly #store: Store;
  #paused: boolean;
  /** Those that have not ended, oldest first, as the store has them. */
  readonly #unended: Map<string, StoredPrompt>;

  constructor(session: string, store: Store) {
    super();
    this.setMaxListeners(0);
    this.#session = session;
    this.#store = store;
    this.#paused = store.sessions.ensure(session).queuePaused;
    this.#unended = new Map(store.prompts.unfinished(session).map((prompt) => [prompt.id, prompt]));
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** How many wait. */
  get length(): number {
    return this.#queued.length;
  }

  get #queued(): StoredPrompt[] {
    return [...this.#unended.values()].filter(({ state }) => state === "queued");
  }

  nextStep(situation: Omit<Situation, "paused">): Step | undefined {
    return nextStep(this.#queued, { ...situation, paused: this.#paused });
  }

  /**
   * On disk when this returns. What was added with the same key is returned as it is now.
   *
   * @throws WorkspaceError `IDEMPOTENCY_KEY_REUSED`, `STATE_NOT_WRITABLE`
   */
  add(request: PromptRequest, actor: Actor, sameKey?: string): StoredPrompt {
    const { input, ...rest } = request;
    const written = { input: typeof input === "string" ? [{ type: "text" as const, text: input }] : input, ...rest };
    const known = sameKey === undefined ? undefined : this.#store.prompts.withKey(this.#session, sameKey);
    if (known === undefined) {
      const id = randomUUID();
      return this.#changed(this.#store.prompts.add({ id, session: this.#session, request: written, sameKey, actor }));
    }
    const same = JSON.stringify(withoutImages(known.request)) === JSON.stringify(withoutImages(written));
    if (same) return known;
    throw new WorkspaceError("another prompt was sent with this Idempotency-Key", {
      code: "IDEMPOTENCY_KEY_REUSED",
      remedy: "Send the same body with it, or another key.",
    });
  }

  /** Adds the session's initial prompt, unless the same text was added before. */
  addInitial(text: string): void {
    const sameKey = initialPromptKey(this.#session, text);
    if (this.#store.prompts.withKey(this.#session, sameKey) === undefined)
      this.add({ input: text, whenBusy: "queue" }, "system", sameKey);
  }

  /** Whether a prompt was added with this key. */
  hasKey(sameKey: string): boolean {
    return this.#store.prompts.withKey(this.#session, sameKey) !== undefined;
  }

  /** @throws WorkspaceError `PROMPT_NOT_FOUND` */
  get(id: string): StoredPrompt {
    const prompt = this.#store.prompts.get(this.#session, id);
    if (prompt !== undefined) return prompt;
    throw new WorkspaceError(`session "${this.#session}" has no prompt ${id}`, {
      code: "PROMPT_NOT_FOUND",
      remedy: "GET /v1/sessions/{session}/prompts lists those it has.",
    });
  }

  page(page: PromptPage): StoredPrompt[] {
    return this.#store.prompts.page(this.#session, page);
  }

  /**
   * The prompt when it has ended, or as it is at the end of the signal.
   *
   * @throws WorkspaceError `PROMPT_NOT_FOUND`
   */
  async ended(id: string, signal: AbortSignal): Promise<StoredPrompt> {
    const prompt = this.get(id);
    if (!unended.includes(prompt.state)) return prompt;
    return new Promise((resolve) => {
      const settle = (): void => {
        this.off("prompt", look);
        signal.removeEventListener("abort", settle);
        resolve(this.get(id));
      };
      const look = (changed: StoredPrompt): void => {
        if (changed.id === id && !unended.includes(changed.state)) settle();
      };
      this.on("prompt", look);
      signal.addEventListener("abort", settle);
      if (signal.aborted) settle();
    });
  }

  /** @throws WorkspaceError `PROMPT_NOT_FOUND`, `PROMPT_NOT_QUEUED`, `STATE_NOT_WRITABLE` */
  cancel(id: string, actor: Actor): StoredPrompt {
    const { state } = this.get(id);
    if (state !== "queued") {
      throw new WorkspaceError(`prompt ${id} is ${state}`, {
        code: "PROMPT_NOT_QUEUED",
        remedy: "Only a queued prompt can be cancelled; a running one ends with POST /v1/sessions/{session}/interrupt.",
      });
    }
    this.#store.prompts.cancelled(id, actor);
    return this.#reread(id);
  }

  /** @throws WorkspaceError `STATE_NOT_WRITABLE` */
  pause(paused: boolean, actor: Actor): void {
    this.#store.sessions.savePaused(this.#session, paused, actor);
    this.#paused = paused;
  }

  /** On disk when this returns. @throws WorkspaceError `STATE_NOT_WRITABLE` */
  sending(id: string): void {
    this.#store.prompts.sending(id);
    this.#reread(id);
  }

  queuedAgain(id: string): void {
    this.#store.prompts.queuedAgain(id);
    this.#reread(id);
  }

  /** Codex has it in a turn: it said so, or the thread shows it. */
  running(id: string, turnId: string): void {
    const prompt = this.#unended.get(id);
    if (prompt === undefined) this.#store.prompts.ranAfterAll(this.#session, id, turnId);
    if (prompt?.state !== "sending") return;
    this.#store.prompts.running(id, turnId);
    this.#reread(id);
  }

  end(id: string, outcome: PromptOutcome): StoredPrompt {
    this.#store.prompts.ended(id, outcome);
    return this.#reread(id);
  }

  /** What became of a turn is what became of its prompts. */
  turnEnded(turnId: string, outcome: PromptOutcome): void {
    for (const prompt of [...this.#unended.values()]) if (prompt.turnId === turnId) this.end(prompt.id, outcome);
  }

  /** Codex went away and is back: its history tells what became of what was under way. */
  settle(turns: readonly Turn[]): void {
    const turnOf = new Map(turns.flatMap((turn) => turn.items.map((item) => [clientIdOf(item), turn] as const)));
    for (const { id, state } of [...this.#unended.values()]) {
      if (state === "queued") continue;
      const turn = turnOf.get(id);
      if (turn === undefined) {
        const error = "Codex went away; its history does not have the prompt";
        this.end(id, { state: "interrupted", code: "PROMPT_UNCERTAIN", error, interruptedBy: "restart" });
        continue;
      }
      if (state === "sending") this.running(id, turn.id);
      // No turn runs in an app-server that has just started: what is still in progress was cut off.
      const { status, ...said } = toEndedTurn(turn, turn.items, { interruptedBy: "restart" });
      this.end(id, { state: status, ...said });
    }
  }

  #reread(id: string): StoredPrompt {
    return this.#changed(this.get(id));
  }

  #changed(prompt: StoredPrompt): StoredPrompt {
    if (unended.includes(prompt.state)) this.#unended.set(prompt.id, prompt);
    else this.#unended.delete(prompt.id);
    this.emit("prompt", prompt);
    return prompt;
  }
}
