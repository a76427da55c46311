import type { ServerResponse } from "node:http";

/** How often a stream that is silent says something: proxies close what says nothing. */
export const heartbeatMs = 15_000;

export const eventStreamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-store, must-revalidate",
  Pragma: "no-cache",
  Expires: "0",
  "X-Accel-Buffering": "no",
  "X-Proxy-Buffering": "no",
  Connection: "keep-alive",
};

/** A reader that is this far behind is cut off: it delays nobody, and reconnects to a fresh snapshot. */
const maxBufferedBytes = 8 * 1024 * 1024;

/** An event as it is written, to any number of readers. */
export function toFrame(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** An answer as server-sent events. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, eventStreamHeaders);
    response.flushHeaders();
    this.#heartbeat = setInterval(() => response.write(": heartbeat\n\n"), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** @param frame of {@link toFrame} */
  send(frame: string): void {
    if (this.#response.writableLength > maxBufferedBytes) {
      this.#response.destroy();
      return;
    }
    this.#response.write(frame);
  }

  /** Runs once, when the reader has gone or the stream was ended. */
  onClose(cleanUp: () => void): void {
    this.#response.once("close", () => {
      clearInterval(this.#heartbeat);
      cleanUp();
    });
  }
}
