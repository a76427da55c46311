import type { EndedTurn, InterruptedBy, TokenUsage } from "@codex-workspace/api";
import { type Item, toMessageItem, type Turn } from "../codex/protocol.ts";
import { finalMessage } from "./final-message.ts";
import { type FailedOutcome, toFailedOutcome } from "./turn-failure.ts";

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
  failure: FailedOutcome | undefined;
  /** Cause of the interruption that was asked for here. */
  interruptedBy: InterruptedBy | undefined;
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

/** What we know of a turn's end and Codex does not. */
export interface OwnKnowledge {
  /** Why we ended it, where that is a failure. */
  readonly failure?: FailedOutcome | undefined;
  readonly interruptedBy?: InterruptedBy | undefined;
}

/** How a turn ended, of whose items these are known. One that history has as in progress was cut off. */
export function toEndedTurn(turn: Turn, items: readonly Item[], known: OwnKnowledge = {}): EndedTurn {
  const { id, error } = turn;
  const message = finalMessage(items);
  const codexStatus = turn.status === "inProgress" ? "interrupted" : turn.status;
  const status = codexStatus === "interrupted" && known.failure !== undefined ? "failed" : codexStatus;
  const interruptedBy = turn.status === "inProgress" ? "restart" : known.interruptedBy;
  const failed = codexStatus === "interrupted" ? known.failure : error && toFailedOutcome(error);
  return {
    id,
    status,
    ...(message !== undefined && { finalMessage: message }),
    ...failed,
    ...(status === "interrupted" && interruptedBy !== undefined && { interruptedBy }),
  };
}

/** What the sender of a message called it: the id of a prompt of ours. */
export function clientIdOf(item: Item): string | undefined {
  const message = toMessageItem(item);
  return message?.type === "userMessage" ? (message.clientId ?? undefined) : undefined;
}
