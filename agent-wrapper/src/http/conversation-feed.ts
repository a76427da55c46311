import type { ServerResponse } from "node:http";
import type { MessageUpdate, StatusBody, StatusChange } from "@codex-workspace/api";
import type { Message } from "../session/conversation.ts";
import type { Session } from "../session/session.ts";
import { agentStatus, agentType } from "./agent-status.ts";
import { cutText } from "./cut-text.ts";
import { EventStream, toFrame } from "./event-stream.ts";

/** Live events that a reader may have pending, in characters. A reader with more is cut, and reconnects to a snapshot. */
const maxPendingCharacters = 8 * 1024 * 1024;

/** A live event that the reader has no room for yet. Frames are shared between readers. */
interface Pending {
  readonly frame: string;
  readonly messageId: number | undefined;
}

/**
 * AgentAPI's `/events` for one reader: first every message and the status, then changes. The snapshot is read from the
 * conversation at the reader's pace and has no limit; only live events that follow it can be pending.
 */
export class ConversationFeed {
  readonly #session: Session;
  readonly #stream: EventStream;
  /** Index of the next message of the snapshot; undefined after the snapshot. */
  #next: number | undefined = 0;
  #status: StatusBody["status"] | undefined;
  readonly #pending: Pending[] = [];
  #pendingCharacters = 0;

  constructor(session: Session, response: ServerResponse) {
    this.#session = session;
    this.#stream = new EventStream(response, () => this.#nextFrame());
    session.on("message", this.#onMessage).on("status", this.#onStatus);
    this.#stream.onClose(() => session.off("message", this.#onMessage).off("status", this.#onStatus));
    this.#stream.pump();
  }

  readonly #onMessage = (message: Message): void => {
    if (this.#next === undefined) this.#push({ frame: frameOf(message), messageId: message.id });
    // The snapshot has yet to reach the message, and then sends its newest state.
    else this.#next = Math.min(this.#next, message.id);
  };

  readonly #onStatus = (): void => {
    const status = agentStatus(this.#session);
    if (this.#next !== undefined || status === this.#status) return;
    this.#status = status;
    this.#push({ frame: statusFrame(status), messageId: undefined });
  };

  #push(pending: Pending): void {
    // A state of a message that was not sent yet is replaced by the next one.
    if (pending.messageId !== undefined && this.#pending.at(-1)?.messageId === pending.messageId) {
      this.#pendingCharacters -= this.#pending.pop()?.frame.length ?? 0;
    }
    this.#pending.push(pending);
    this.#pendingCharacters += pending.frame.length;
    this.#stream.pump();
    if (this.#pendingCharacters > maxPendingCharacters) this.#stream.cut();
  }

  #nextFrame(): string | undefined {
    if (this.#next !== undefined) return this.#snapshotFrame(this.#next);
    const frame = this.#pending.shift()?.frame;
    this.#pendingCharacters -= frame?.length ?? 0;
    return frame;
  }

  /** The status is in one chunk with the last message: no change can come between them. */
  #snapshotFrame(index: number): string {
    const { messages } = this.#session;
    const message = messages[index];
    const frame = message === undefined ? "" : toFrame("message_update", toUpdate(message));
    if (index + 1 < messages.length) {
      this.#next = index + 1;
      return frame;
    }
    this.#next = undefined;
    this.#status = agentStatus(this.#session);
    return frame + statusFrame(this.#status);
  }
}

/** AgentAPI's Go client ends at an event of more than 128 KiB. */
const maxMessageBytes = 127 * 1024;

/** Frames of live messages: each state of a message becomes text once, for all readers. */
const frames = new WeakMap<Message, string>();

function frameOf(message: Message): string {
  const known = frames.get(message);
  if (known !== undefined) return known;
  const frame = toFrame("message_update", toUpdate(message));
  frames.set(message, frame);
  return frame;
}

function toUpdate({ id, content, role, time }: Message): MessageUpdate {
  const message = cutText(content, maxMessageBytes, "GET /messages has the whole message");
  return { id, role, message, time: time.toISOString() };
}

function statusFrame(status: StatusBody["status"]): string {
  const change: StatusChange = { status, agent_type: agentType };
  return toFrame("status_change", change);
}
