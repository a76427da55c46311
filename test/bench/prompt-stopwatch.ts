/** What happened when, in milliseconds since a prompt was sent. */
export interface PromptTiming {
  /** The sender was told that it was taken. */
  readonly takenMs: number;
  /** The first thing that was told of it, to whoever listens. */
  readonly firstEventMs: number;
  /** The first text of the model. */
  readonly firstTextMs: number;
  /** Its turn was over. */
  readonly endMs: number;
}

/** Runs from the moment it is made. */
export class PromptStopwatch {
  readonly #began = performance.now();
  readonly #seen: { -readonly [key in keyof PromptTiming]?: number } = {};
  readonly #over = Promise.withResolvers<undefined>();

  taken(): void {
    this.#seen.takenMs = this.#elapsedMs();
  }

  /** Something was told of the prompt. */
  saw(what: "text" | "end" | "other"): void {
    const now = this.#elapsedMs();
    this.#seen.firstEventMs ??= now;
    if (what === "text") this.#seen.firstTextMs ??= now;
    if (what !== "end") return;
    this.#seen.endMs ??= now;
    this.#over.resolve(undefined);
  }

  /** Settles when the turn is over. */
  async timing(): Promise<PromptTiming> {
    await this.#over.promise;
    const { takenMs, firstEventMs, firstTextMs, endMs } = this.#seen;
    if (takenMs === undefined || firstEventMs === undefined || firstTextMs === undefined || endMs === undefined) {
      throw new Error(`a turn without an answer: ${JSON.stringify(this.#seen)}`);
    }
    return { takenMs, firstEventMs, firstTextMs, endMs };
  }

  #elapsedMs(): number {
    return performance.now() - this.#began;
  }
}
