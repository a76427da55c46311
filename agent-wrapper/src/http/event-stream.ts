import type { ServerResponse } from "node:http";

/** Pause between two comments on a stream that has no events: proxies close connections that send nothing. */
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

/** Returns the text of one event, for any number of readers. */
export function toFrame(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Returns the next frame of a stream, or the next piece of a large frame; undefined while there is nothing to send. The
 * stream calls it only when the reader has room, so a source keeps a position and copies nothing for a slow reader.
 */
export type FrameSource = () => string | Uint8Array | undefined;

/**
 * A response as server-sent events, written at the pace of its reader. A reader that reads nothing holds one full buffer
 * of the response (64 KiB) and the last chunk that was written: sources return chunks of at most 128 KiB.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #source: FrameSource;
  readonly #heartbeat: NodeJS.Timeout;
  #isPumping = false;

  constructor(response: ServerResponse, source: FrameSource) {
    this.#response = response;
    this.#source = source;
    response.writeHead(200, eventStreamHeaders);
    response.flushHeaders();
    response.on("drain", () => this.pump());
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref();
  }

  /** Whether the reader has read enough to be sent more. */
  get hasRoom(): boolean {
    const { destroyed, writableEnded, writableNeedDrain } = this.#response;
    return !destroyed && !writableEnded && !writableNeedDrain;
  }

  /** Writes what the source has, until the source is empty or the reader has no room; continues by itself on `drain`. */
  pump(): void {
    // A source that reads the store can cause events, whose listeners call this method again.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.hasRoom) {
        const chunk = this.#source();
        if (chunk === undefined) return;
        this.#response.write(chunk);
      }
    } catch (error) {
      // The caller is the store or the socket, and other readers must not fail with this one. A new request gets the error.
      this.#response.destroy(error as Error);
    } finally {
      this.#isPumping = false;
    }
  }

  /** Writes a frame that is in no source, to a reader that has room. */
  write(frame: string): void {
    this.#response.write(frame);
  }

  /** Ends the stream after one last frame. */
  end(frame: string): void {
    this.#response.end(frame);
  }

  /** Closes the connection at once: the reader can connect again. */
  cut(): void {
    this.#response.destroy();
  }

  /** Runs once, when the reader has left or the stream has ended. */
  onClose(cleanUp: () => void): void {
    this.#response.once("close", () => {
      clearInterval(this.#heartbeat);
      cleanUp();
    });
  }

  /** A reader without room may be in the middle of a frame, and has unread bytes anyway. */
  #beat(): void {
    if (this.hasRoom) this.#response.write(": heartbeat\n\n");
  }
}
