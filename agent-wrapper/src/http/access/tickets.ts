import { createHash, randomBytes } from "node:crypto";
import type { Caller } from "./caller.ts";

export const ticketLifeMs = 30_000;

interface IssuedTicket {
  readonly caller: Caller;
  /** Of a clock that nobody sets. */
  readonly endsAtMs: number;
}

/** Stand for somebody, once and for 30 s. In memory alone, by their hashes. */
export class Tickets {
  readonly #issued = new Map<string, IssuedTicket>();
  readonly #clock: () => number;

  /** @param clock - monotonic, in ms */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  issue(caller: Caller): string {
    const now = this.#clock();
    // In the order of their ends.
    for (const [hash, { endsAtMs }] of this.#issued) {
      if (endsAtMs > now) break;
      this.#issued.delete(hash);
    }
    const ticket = randomBytes(24).toString("base64url");
    this.#issued.set(hashOf(ticket), { caller, endsAtMs: now + ticketLifeMs });
    return ticket;
  }

  /** Whom it stands for, the first time; nobody when it is unknown, was redeemed, or is too old. */
  redeem(ticket: string): Caller | undefined {
    const hash = hashOf(ticket);
    const issued = this.#issued.get(hash);
    this.#issued.delete(hash);
    return issued !== undefined && issued.endsAtMs > this.#clock() ? issued.caller : undefined;
  }
}

/** Looked up by its hash, a ticket cannot be guessed piece by piece from how long that takes. */
function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
