import type { TokensToday } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Notification } from "../codex/protocol.ts";
import type { TokenStore } from "./token-store.ts";

export interface TokenBudgetOptions {
  readonly store: TokenStore;
  /** How many tokens may be used on a day of UTC; undefined: as many as they like. */
  readonly perDay: () => number | undefined;
  /** What waited may be sent. */
  readonly renewed: () => void;
  readonly log: (message: string, details: object) => void;
}

/** A day's tokens are used up: nothing is begun before the next day. */
export class TokensUsedUpError extends WorkspaceError {
  readonly retryAfterSeconds: number;

  constructor({ used, resetsAt }: TokensToday, perDay: number) {
    super(`the workspace has used ${used} tokens today (UTC), of ${perDay}`, {
      code: "TOKENS_USED_UP",
      remedy: `Send it again after ${resetsAt}, or raise modelLimits.tokensPerDay.`,
    });
    this.retryAfterSeconds = Math.ceil((Date.parse(resetsAt) - Date.now()) / 1000);
  }
}

/** The clock may be set, or the machine sleep: whoever waits for the day's end looks as often as that. */
const lookAgainMs = 60_000;

/** What the workspace may use of its model on a day, with all of its threads: those of subagents too. */
export class TokenBudget {
  readonly #options: TokenBudgetOptions;
  #looksAgain = false;

  constructor(options: TokenBudgetOptions) {
    this.#options = options;
  }

  get today(): TokensToday {
    const now = new Date();
    const resetsAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
    return { used: this.#options.store.usedOn(dayOf(now)), resetsAt: resetsAt.toISOString() };
  }

  get isUsedUp(): boolean {
    return this.today.used >= (this.#options.perDay() ?? Number.POSITIVE_INFINITY);
  }

  /** @throws TokensUsedUpError */
  require(): void {
    const perDay = this.#options.perDay();
    if (perDay !== undefined && this.isUsedUp) throw new TokensUsedUpError(this.today, perDay);
  }

  /** Whether a turn may be begun for a prompt that waits. Where it may not, `renewed` is called when it is worth another look. */
  mayBegin(): boolean {
    if (!this.isUsedUp) return true;
    if (!this.#looksAgain) this.#lookAgain();
    return false;
  }

  /** What Codex tells of any thread. */
  notified({ method, params }: Notification): void {
    if (method !== "thread/tokenUsage/updated") return;
    const { total, last } = params.tokenUsage;
    const { used } = this.today;
    this.#options.store.count(dayOf(new Date()), {
      threadId: params.threadId,
      total: total.totalTokens,
      last: last.totalTokens,
    });
    if (this.isUsedUp && used < (this.#options.perDay() ?? 0))
      this.#options.log("the tokens of the day are used up", this.today);
  }

  #lookAgain(): void {
    this.#looksAgain = true;
    const look = (): void => {
      this.#looksAgain = false;
      this.#options.renewed();
    };
    const untilResetMs = Date.parse(this.today.resetsAt) - Date.now();
    setTimeout(look, Math.min(untilResetMs, lookAgainMs)).unref();
  }
}

/** A day of UTC, as `2027-01-31`. */
function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
