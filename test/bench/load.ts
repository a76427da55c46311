import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What some connections got that each ask again as soon as they are answered. */
export interface Load {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/** Sends the same request on so many connections; the sockets are bare, so that the server is what is measured. */
export async function loadOf(port: number, request: string, connections: number, durationMs: number): Promise<Load> {
  const latenciesMs: number[] = [];
  const began = performance.now();
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let received = "";
    let sentAt = 0;
    const ask = (): void => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.once("connect", ask).on("data", (bytes) => {
      received += bytes.toString("latin1");
      if (!isWhole(received)) return;
      received = "";
      latenciesMs.push(performance.now() - sentAt);
      ask();
    });
    return socket;
  });
  await delay(durationMs);
  const tookMs = performance.now() - began;
  const closed = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  return { perSecond: (latenciesMs.length / tookMs) * 1000, latenciesMs };
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(answer);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1];
  return answer.length >= headEnd + 4 + Number(length);
}
