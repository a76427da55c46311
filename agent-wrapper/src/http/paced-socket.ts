import type { WebSocket } from "ws";

/** Bytes that a terminal's client may have unread before it gets no more of them. */
const maxUnreadBytes = 256 * 1024;
/** Bytes, the first screen included, after which notices too are too many. */
const maxNoticeBytes = 8 * 1024 * 1024;

/**
 * A terminal's WebSocket, written at the pace of its client. A client that is behind misses bytes, and gets the screen
 * redrawn when it has read what it was sent: bytes of a terminal that are missing in the middle would garble it.
 */
export class PacedSocket {
  readonly #socket: WebSocket;
  readonly #redraw: () => void;
  #isBehind = false;

  /** @param redraw - shows the screen as it is then */
  constructor(socket: WebSocket, redraw: () => void) {
    this.#socket = socket;
    this.#redraw = redraw;
  }

  /** Sends bytes of the terminal, unless the client is behind. */
  show(bytes: Buffer): void {
    if (this.#isBehind) return;
    this.#send(bytes);
    this.#isBehind = this.#socket.bufferedAmount > maxUnreadBytes;
  }

  /** Sends the whole screen: from here on the client is no longer behind. */
  showScreen(bytes: Buffer): void {
    this.#isBehind = false;
    this.#send(bytes);
  }

  notice(text: string): void {
    if (this.#socket.bufferedAmount > maxNoticeBytes) this.#socket.terminate();
    else this.#send(text);
  }

  #send(data: Buffer | string): void {
    this.#socket.send(data, () => {
      if (this.#isBehind && this.#socket.bufferedAmount === 0) this.#redraw();
    });
  }
}
