import type { DatabaseSync } from "node:sqlite";
import type { Journal } from "./journal.ts";

/** Of a thread, as Codex tells it: all that it has used, and what its last request to the model has. */
export interface ThreadTokens {
  readonly threadId: string;
  readonly total: number;
  readonly last: number;
}

/**
 * How many tokens were used on each day, by all threads. Of each thread it is kept how far it was counted, so that nothing
 * counts twice, whoever ended in between, and what was used unseen is counted when it is told.
 */
export class TokenStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  /** What is known of threads, and of one day; the disk may be behind. */
  readonly #counted = new Map<string, number>();
  #day: { readonly name: string; used: number } | undefined;

  constructor(database: DatabaseSync, journal: Journal) {
    this.#database = database;
    this.#journal = journal;
  }

  /** Counts what a thread has used since it was counted last; of a thread that nobody knows, its last request. */
  count(day: string, { threadId, total, last }: ThreadTokens): void {
    const before = this.#countedOf(threadId);
    // Below what was counted: a Codex that was killed has lost some of it, and goes on from what it has.
    const used = before === undefined ? last : Math.max(total - before, 0);
    this.#counted.set(threadId, total);
    this.#dayOf(day).used += used;
    this.#journal.write(() => {
      this.#saveCounted(threadId, total);
      this.#database
        .prepare(
          "INSERT INTO day_tokens (day, used) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET used = used + excluded.used",
        )
        .run(day, used);
      return undefined;
    });
  }

  /** A thread that begins with another's total. */
  forked(threadId: string, from: string): void {
    const counted = this.#countedOf(from);
    if (counted === undefined) return;
    this.#counted.set(threadId, counted);
    this.#journal.write(() => {
      this.#saveCounted(threadId, counted);
      return undefined;
    });
  }

  usedOn(day: string): number {
    return this.#dayOf(day).used;
  }

  #countedOf(threadId: string): number | undefined {
    const known = this.#counted.get(threadId);
    if (known !== undefined) return known;
    const row = this.#database.prepare("SELECT counted FROM thread_tokens WHERE thread_id = ?").get(threadId);
    return row === undefined ? undefined : Number(row["counted"]);
  }

  #saveCounted(threadId: string, counted: number): void {
    this.#database
      .prepare(
        `INSERT INTO thread_tokens (thread_id, counted) VALUES (?, ?)
         ON CONFLICT (thread_id) DO UPDATE SET counted = excluded.counted`,
      )
      .run(threadId, counted);
  }

  #dayOf(name: string): { readonly name: string; used: number } {
    if (this.#day?.name === name) return this.#day;
    this.#journal.catchUp();
    const row = this.#database.prepare("SELECT used FROM day_tokens WHERE day = ?").get(name);
    this.#day = { name, used: Number(row?.["used"] ?? 0) };
    return this.#day;
  }
}
