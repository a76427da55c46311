import type { EndedTurn, TokenUsage } from "@codex-workspace/api";
import { type Item, toMessageItem, type Turn } from "../codex/protocol.ts";
import { finalMessage } from "./final-message.ts";

/** A turn while it runs: what it has said, and what it has used. */
export class RunningTurn {
  readonly id: string;
  readonly startedAt = new Date();
  /** Completed messages: Codex says how a turn ended without what was said in it. */
  readonly messages: Item[] = [];
  usage: TokenUsage | undefined;
  /** It was asked to end, or takes no more: nothing is sent into it. */
  ending = false;
  /** Why it was ended by us, where that is a failure. */
  failure: string | undefined;
  /** Commands, calls and changes that go on: the model waits for them, and not the turn for the model. */
  readonly #work = new Set<string>();
  #usedBefore: TokenUsage | undefined;

  /** `usedBefore` is what the thread had used when it began, where that was told. */
  constructor(id: string, usedBefore: TokenUsage | undefined) {
    this.id = id;
    this.#usedBefore = usedBefore;
  }

  get waitsForModel(): boolean {
    return this.#work.size === 0;
  }

  itemStarted({ id, type }: Item): void {
    if (!["userMessage", "agentMessage", "reasoning"].includes(type)) this.#work.add(id);
  }

  itemCompleted(item: Item): void {
    this.#work.delete(item.id);
    if (item.type === "agentMessage") this.messages.push(item);
  }

  /** `total` is what the thread has used by now, a fork's parent included, and `last` what its last request has. */
  used({ total, last }: { readonly total: TokenUsage; readonly last: TokenUsage }): void {
    this.#usedBefore ??= difference(total, last);
    this.usage = difference(total, this.#usedBefore);
  }
}

/** Never below 0: where Codex counts a thread anew, its total may be less than it was. */
function difference(after: TokenUsage, before: Readonly<Record<string, unknown>>): TokenUsage {
  const kinds = Object.entries(after).map(([kind, tokens]) => [
    kind,
    typeof tokens === "number" ? Math.max(tokens - Number(before[kind] ?? 0), 0) : tokens,
  ]);
  return Object.fromEntries(kinds) as TokenUsage;
}

/** A turn that has ended, in our words where we ended it because it could not go on. */
export function asFailed(turn: Turn, failure: string | undefined): Turn {
  if (failure === undefined || turn.status !== "interrupted") return turn;
  return { ...turn, status: "failed", error: { message: failure } };
}

/** A turn that history has as in progress was cut off. */
function outcomeOf({ status }: Turn): EndedTurn["status"] {
  return status === "inProgress" ? "interrupted" : status;
}

/** How a turn ended, of whose items these are known. */
export function toEndedTurn(turn: Turn, items: readonly Item[]): EndedTurn {
  const { id, error } = turn;
  const message = finalMessage(items);
  return {
    id,
    status: outcomeOf(turn),
    ...(message !== undefined && { finalMessage: message }),
    ...(typeof error?.message === "string" && { error: error.message }),
  };
}

/** What the sender of a message called it: the id of a prompt of ours. */
export function clientIdOf(item: Item): string | undefined {
  const message = toMessageItem(item);
  return message?.type === "userMessage" ? (message.clientId ?? undefined) : undefined;
}
