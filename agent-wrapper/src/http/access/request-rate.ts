const windowMs = 60_000;

/** How often each may do something within a minute. Whoever is beyond it waits for the next one. */
export class RequestRate {
  readonly #perMinute: number;
  readonly #clock: () => number;
  readonly #counts = new Map<string, number>();
  #windowEndsAtMs: number;

  /** @param clock - monotonic, in ms */
  constructor(perMinute: number, clock: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#windowEndsAtMs = clock() + windowMs;
  }

  /** Counts one; after how many seconds to come again, or 0 for now. */
  take(who: string): number {
    const now = this.#clock();
    if (now >= this.#windowEndsAtMs) {
      this.#counts.clear();
      this.#windowEndsAtMs = now + windowMs;
    }
    const count = (this.#counts.get(who) ?? 0) + 1;
    this.#counts.set(who, count);
    return count > this.#perMinute ? Math.ceil((this.#windowEndsAtMs - now) / 1000) : 0;
  }
}
