import { connect } from "node:net";

/** What answers a request that was written by hand. */
export interface Exchange {
  readonly status: number;
  readonly head: string;
  /** Empty for a stream. */
  readonly body: string;
}

/** Sends bytes on a connection of their own, and reads the answer; of a stream or socket its head alone. */
export function exchange(port: number, bytes: Uint8Array, deadlineMs = 10_000): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    const finish = (): void => {
      socket.destroy();
      const [head, body] = splitOnce(received, "\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1] ?? 0), head, body });
    };
    socket.setTimeout(deadlineMs, () => {
      socket.destroy();
      reject(new Error(`no answer within ${deadlineMs} ms to ${Buffer.from(bytes).toString("latin1").slice(0, 500)}`));
    });
    socket.setEncoding("latin1").on("data", (chunk) => {
      received += String(chunk);
      if (/^HTTP\/1\.1 101 |\r\ncontent-type: text\/event-stream/i.test(received)) finish();
    });
    // An answer may come, and the connection end, before the whole body was sent.
    socket.on("error", (error) => (received === "" ? reject(error) : finish()));
    socket.on("end", finish).on("close", finish);
    socket.write(bytes);
  });
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}
