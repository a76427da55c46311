import type { EndedTurn } from "@codex-workspace/api";
import { toMessageItem, type Item, type Turn } from "../codex/protocol.ts";
import { toEndedTurn } from "./turn.ts";

/** A message as AgentAPI has them. */
export interface Message {
  /** The index in the list. */
  readonly id: number;
  readonly role: "user" | "agent";
  readonly content: string;
  /** When it last changed. */
  readonly time: Date;
}

/**
 * A thread as alternating messages: the user's texts, and for each turn its agent messages joined, as markdown.
 *
 * The list begins with an empty agent message (AgentAPI's greeting, id 0), so users have odd ids. A prompt that steers a
 * running turn begins a new pair; a turn that ends without a word has an empty agent message. What the model streams is
 * shown as it comes; Codex's completed item replaces it.
 */
export class Conversation {
  readonly #messages: Message[];
  /** Texts of the agent message that grows, by turn and item: some model endpoints give the same ids in every turn. */
  #parts = new Map<string, string>();
  readonly #seenItems = new Set<string>();
  readonly #onChange: (message: Message) => void;

  constructor(started: Date, onChange: (message: Message) => void = () => undefined) {
    this.#messages = [{ id: 0, role: "agent", content: "", time: started }];
    this.#onChange = onChange;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** An item as it is now: begun, or completed. Each may be told more than once. */
  itemChanged(item: Item, turnId: string, at: Date): void {
    const message = toMessageItem(item);
    if (message === undefined) return;
    const key = keyOf(turnId, message.id);
    if (message.type === "agentMessage") {
      this.#agentText(key, message.text, at);
      return;
    }
    if (this.#seenItems.has(key)) return;
    this.#seenItems.add(key);
    this.#userText(message.content.map((part) => part.text ?? `[${part.type}]`).join("\n"), at);
  }

  agentDelta(turnId: string, itemId: string, delta: string, at: Date): void {
    const key = keyOf(turnId, itemId);
    this.#agentText(key, (this.#parts.get(key) ?? "") + delta, at);
  }

  turnCompleted({ id, status, error = "unknown" }: EndedTurn, at: Date): void {
    if (status === "failed") this.#agentText(keyOf(id, "error"), `Error: ${error}`, at);
    else if (this.#last().role === "user") this.#append("agent", "", at);
  }

  /** After an outage, during which nothing was told: the last turn as history has it. It runs no more. */
  caughtUp(lastTurn: Turn | undefined, at: Date): void {
    if (lastTurn !== undefined) for (const item of lastTurn.items) this.itemChanged(item, lastTurn.id, at);
    if (this.#last().role === "user") this.#append("agent", "", at);
  }

  #userText(text: string, at: Date): void {
    if (this.#last().role === "user") this.#append("agent", "", at);
    this.#parts = new Map();
    this.#append("user", text, at);
  }

  #agentText(key: string, text: string, at: Date): void {
    if (this.#parts.get(key) === text) return;
    const isOfEarlierMessage = this.#seenItems.has(key) && !this.#parts.has(key);
    if (isOfEarlierMessage) return;
    this.#seenItems.add(key);
    this.#parts.set(key, text);
    const content = [...this.#parts.values()].filter((part) => part !== "").join("\n\n");
    const last = this.#last();
    if (last.role === "user" || last.id === 0) {
      if (content !== "") this.#append("agent", content, at);
      return;
    }
    if (last.content === content) return;
    this.#replace({ ...last, content, time: at });
  }

  #append(role: Message["role"], content: string, time: Date): void {
    const message = { id: this.#messages.length, role, content, time };
    this.#messages.push(message);
    this.#onChange(message);
  }

  #replace(message: Message): void {
    this.#messages[message.id] = message;
    this.#onChange(message);
  }

  #last(): Message {
    const last = this.#messages.at(-1);
    if (last === undefined) throw new Error("a conversation has at least its greeting");
    return last;
  }
}

/** The conversation that Codex's own history tells. */
export function conversationOf(
  turns: readonly Turn[],
  started: Date,
  onChange?: (message: Message) => void,
): Conversation {
  const conversation = new Conversation(started, onChange);
  for (const turn of turns) {
    const begun = fromUnixSeconds(turn.startedAt) ?? started;
    const ended = fromUnixSeconds(turn.completedAt) ?? begun;
    for (const item of turn.items) conversation.itemChanged(item, turn.id, timeOf(item) ?? begun);
    if (turn.status !== "inProgress") conversation.turnCompleted(toEndedTurn(turn, turn.items), ended);
  }
  return conversation;
}

/** No id has a line break. */
function keyOf(turnId: string, itemId: string): string {
  return `${turnId}\n${itemId}`;
}

function timeOf({ completedAtMs, startedAtMs }: Item): Date | undefined {
  const at = completedAtMs ?? startedAtMs;
  return typeof at === "number" ? new Date(at) : undefined;
}

function fromUnixSeconds(seconds: number | null | undefined): Date | undefined {
  return typeof seconds === "number" ? new Date(seconds * 1000) : undefined;
}
