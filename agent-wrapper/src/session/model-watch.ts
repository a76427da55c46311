/** After so much silence in a turn, and twice as much each time that there was life, the model's endpoint is asked. */
const firstPauseMs = 10_000;

export interface ModelWatchOptions {
  readonly isSilent: () => Promise<boolean>;
  /** The turn waits for an endpoint that answers nobody. */
  readonly onSilent: () => void;
}

/**
 * Tells a model that thinks from one that is dead. Codex waits for ever for the beginning of an answer, and a model may
 * think for long; but a server that is alive answers others meanwhile.
 */
export class ModelWatch {
  readonly #options: ModelWatchOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ModelWatchOptions) {
    this.#options = options;
  }

  /** A turn waits for the model from now on. */
  begin(): void {
    this.#wait(firstPauseMs);
  }

  /** No turn waits for the model. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(pauseMs: number): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => {
      void this.#options.isSilent().then((silent) => {
        // Something has happened meanwhile.
        if (this.#timer !== timer) return;
        if (silent) this.#options.onSilent();
        else this.#wait(pauseMs * 2);
      });
    }, pauseMs).unref();
    this.#timer = timer;
  }
}
