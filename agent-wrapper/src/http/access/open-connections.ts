import { mayDo } from "./authorize.ts";
import { type Caller, currently, type KnownToken } from "./caller.ts";
import type { Operation } from "./operations.ts";

interface OpenConnection {
  readonly caller: Caller;
  readonly operation: Operation;
  readonly close: () => void;
}

/** setTimeout counts in 32 bits. */
const longestTimerMs = 2 ** 31 - 1;

/** What stays open: a stream or a socket ends when its token does. */
export class OpenConnections {
  readonly #open = new Set<OpenConnection>();
  readonly #known: () => readonly KnownToken[];
  #timer: NodeJS.Timeout | undefined;

  constructor(known: () => readonly KnownToken[]) {
    this.#known = known;
  }

  /** Of everybody, by what stays. */
  get counts(): { readonly events: number; readonly socket: number } {
    const kinds = [...this.#open].map(({ operation }) => operation.stays);
    const countOf = (kind: Operation["stays"]): number => kinds.filter((stays) => stays === kind).length;
    return { events: countOf("events"), socket: countOf("socket") };
  }

  /** Of one token. */
  countOf({ name }: Caller): number {
    return [...this.#open].filter(({ caller }) => caller.name === name).length;
  }

  /** Closes it when its caller may no longer have it. What is returned is for when it has ended by itself. */
  hold(caller: Caller, operation: Operation, close: () => void): () => void {
    const connection = { caller, operation, close };
    this.#open.add(connection);
    this.#awaitNextEnd();
    return () => void this.#open.delete(connection);
  }

  /** Closes what nobody may have any more: tokens have been exchanged, or one has expired. */
  review(): void {
    const now = Date.now();
    for (const connection of this.#open) {
      if (mayDo(connection.operation, currently(connection.caller, this.#known(), now))) continue;
      this.#open.delete(connection);
      connection.close();
    }
    this.#awaitNextEnd();
  }

  #awaitNextEnd(): void {
    clearTimeout(this.#timer);
    const ends = [...this.#open].flatMap(({ caller }) => caller.token?.expiresAt ?? []);
    if (ends.length === 0) return;
    const nextMs = Math.min(...ends.map((end) => Date.parse(end))) - Date.now();
    this.#timer = setTimeout(() => this.review(), Math.min(Math.max(nextMs, 0), longestTimerMs));
    this.#timer.unref();
  }
}
