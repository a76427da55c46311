import type { ServerResponse } from "node:http";
import type { EventLog, EventPiece, LoggedEvent } from "../../session/event-log.ts";
import { EventStream } from "../event-stream.ts";

/** Bytes of an event that are read from disk and written at a time. */
const pieceBytes = 64 * 1024;

export interface EventFeedOptions {
  readonly log: EventLog;
  readonly session: string;
  /** Id of the event after which the stream starts. */
  readonly after: number;
  readonly deltas: boolean;
}

/**
 * A session's events as server-sent events for one reader. The feed keeps a position and no events: a reader that is
 * slower than the session gets the rest from disk, in pieces, and misses pieces of items meanwhile.
 */
export class EventFeed {
  readonly #stream: EventStream;
  readonly #options: EventFeedOptions;
  /** Id of the last event that was sent whole. */
  #sent: number;
  /** Position in an event that was sent in part. */
  #partial: { readonly id: number; readonly offset: number } | undefined;
  /** The reader has every event so far: events are sent as they happen, not from disk. */
  #isLive = false;
  /** Frame that is sent first. */
  #preamble: string | undefined;

  constructor(response: ServerResponse, options: EventFeedOptions) {
    this.#options = options;
    this.#sent = options.after;
    // An id without an event: a browser that reconnects before the first event sends this id.
    this.#preamble = `id: ${options.after}\n\n`;
    this.#stream = new EventStream(response, () => this.#nextFrame());
    options.log.on("event", this.#onEvent);
    this.#stream.onClose(() => options.log.off("event", this.#onEvent));
    this.#stream.pump();
  }

  readonly #onEvent = (event: LoggedEvent): void => {
    if (event.session !== this.#options.session) return;
    if (event.type === "session/deleted") {
      this.#endWith(frameOf(event));
      return;
    }
    if (!this.#isLive || (event.id === undefined && !this.#options.deltas)) return;
    const frame = frameOf(event);
    // Pieces of items are not on disk.
    this.#isLive = this.#stream.hasRoom && (event.id === undefined || frame.length <= pieceBytes);
    if (this.#isLive) {
      this.#sent = event.id ?? this.#sent;
      this.#stream.write(frame);
    } else {
      this.#stream.pump();
    }
  };

  #nextFrame(): string | Uint8Array | undefined {
    const preamble = this.#preamble;
    this.#preamble = undefined;
    if (preamble !== undefined) return preamble;
    if (this.#isLive) return undefined;
    const { log, session } = this.#options;
    const offset = this.#partial?.offset ?? 0;
    const { goneUpTo, piece } = log.pieceAfter(session, this.#sent, { offset, maxBytes: pieceBytes });
    if (this.#sent < goneUpTo) {
      const data = JSON.stringify({ time: new Date().toISOString(), upTo: goneUpTo });
      this.#endWith(`event: events/gone\ndata: ${data}\n\n`);
      return undefined;
    }
    this.#isLive = piece === undefined;
    return piece && this.#take(piece, offset);
  }

  #take({ id, type, size, bytes }: EventPiece, offset: number): Uint8Array {
    const end = offset + bytes.length;
    const isWhole = end >= size;
    this.#partial = isWhole ? undefined : { id, offset: end };
    if (isWhole) this.#sent = id;
    const head = offset === 0 ? `id: ${id}\nevent: ${type}\ndata: ` : "";
    return Buffer.concat([Buffer.from(head), bytes, Buffer.from(isWhole ? "\n\n" : "")]);
  }

  /** An event that was sent in part and is deleted cannot be completed: that reader learns the rest when it reconnects. */
  #endWith(frame: string): void {
    if (this.#partial === undefined) this.#stream.end(frame);
    else this.#stream.cut();
  }
}

/** Frames of live events: each event becomes text once, for all readers. */
const frames = new WeakMap<LoggedEvent, string>();

function frameOf(event: LoggedEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  const frame = `${id}event: ${event.type}\ndata: ${event.data}\n\n`;
  frames.set(event, frame);
  return frame;
}
