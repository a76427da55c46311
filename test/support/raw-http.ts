import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  /** As they came: names in their case. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** A request written by hand, for what `fetch` sets by itself. The lines end where the body begins. */
export async function rawRequest(
  port: number,
  lines: readonly string[],
  body: string | Uint8Array = "",
): Promise<RawAnswer> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  socket.write(body);
  const answer = await text(socket);
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const [first = "", ...headers] = head.split("\r\n");
  return { status: Number(first.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
