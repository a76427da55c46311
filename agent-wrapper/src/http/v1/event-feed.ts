import type { ServerResponse } from "node:http";
import type { EventLog, LoggedEvent } from "../../session/event-log.ts";
import { eventStreamHeaders, heartbeatMs } from "../event-stream.ts";

/** Events that are read from disk at a time. */
const pageSize = 200;

export interface EventFeedOptions {
  readonly log: EventLog;
  readonly session: string;
  /** The id of the event after which to begin. */
  readonly after: number;
  readonly deltas: boolean;
}

/**
 * A session's events as server-sent events to one reader. Nothing is buffered for a reader that is slower than what
 * happens: it gets the rest from disk when it has read what it was sent, and pieces of items are left out meanwhile.
 */
export class EventFeed {
  readonly #response: ServerResponse;
  readonly #options: EventFeedOptions;
  readonly #heartbeat: NodeJS.Timeout;
  #sent: number;
  /** What happens is sent as it happens; otherwise it is read from disk. */
  #live = false;

  constructor(response: ServerResponse, options: EventFeedOptions) {
    this.#response = response;
    this.#options = options;
    this.#sent = options.after;
    response.writeHead(200, eventStreamHeaders);
    // An id without an event: a browser that reconnects before the first event says where it was.
    response.write(`id: ${options.after}\n\n`);
    this.#heartbeat = setInterval(() => response.write(": heartbeat\n\n"), heartbeatMs).unref();
    options.log.on("event", this.#happened);
    response.once("close", () => this.#stop());
    this.#catchUp();
  }

  readonly #happened = (event: LoggedEvent): void => {
    if (event.session !== this.#options.session) return;
    if (event.type === "session/deleted") {
      this.#response.end(blockOf(event));
      return;
    }
    if (!this.#live || (event.id === undefined && !this.#options.deltas)) return;
    if (!this.#send(event)) this.#catchUpWhenRead();
  };

  #catchUp(): void {
    const { log, session } = this.#options;
    for (;;) {
      if (this.#response.closed) return;
      const upTo = log.goneUpTo(session);
      if (this.#sent < upTo) {
        const data = JSON.stringify({ time: new Date().toISOString(), upTo });
        this.#response.end(`event: events/gone\ndata: ${data}\n\n`);
        return;
      }
      const events = log.read(session, this.#sent, pageSize);
      this.#live = events.length === 0;
      if (this.#live) return;
      const isTaken = events.map((event) => this.#send(event)).every(Boolean);
      if (!isTaken) {
        this.#catchUpWhenRead();
        return;
      }
    }
  }

  #catchUpWhenRead(): void {
    this.#live = false;
    this.#response.once("drain", () => this.#catchUp());
  }

  /** Whether the reader keeps up. */
  #send(event: LoggedEvent): boolean {
    this.#sent = event.id ?? this.#sent;
    return this.#response.write(blockOf(event));
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#options.log.off("event", this.#happened);
  }
}

/** Written once, however many read it. */
const blocks = new WeakMap<LoggedEvent, string>();

function blockOf(event: LoggedEvent): string {
  const known = blocks.get(event);
  if (known !== undefined) return known;
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  const block = `${id}event: ${event.type}\ndata: ${event.data}\n\n`;
  blocks.set(event, block);
  return block;
}
