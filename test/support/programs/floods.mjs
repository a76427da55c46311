/**
 * Holds as many connections as it gets, and opens each again that is ended, until standard input ends, or
 * two minutes have passed.
 * Arguments: any number of KIND=TARGET; TARGET is the path of a unix socket or a port of the loopback address. Prints one line of
 * JSON each second: for each argument the connections that are open, and the error of the last one that was refused.
 */
import { connect } from "node:net";
import { setInterval } from "node:timers";

const connectionsEach = 500;
const head = (request) => `${request} HTTP/1.1\r\nHost: 127.0.0.1:3284\r\n`;
const kinds = {
  /** Opened and never written. */
  silent: () => "",
  /** Half of a head. */
  half: () => `${head("GET /healthz")}X-Half: `,
  /** A body of which the last byte never comes. */
  body: () => `${head("POST /v1/responses")}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`,
  /** Answered, and kept open. */
  idle: () => `${head("GET /healthz")}\r\n`,
  /** A head of almost the size at which it is refused. */
  huge: () => `${head("GET /healthz")}X-Huge: ${"a".repeat(7_000)}`,
  /** Many requests at once, of which no answer is read. */
  pipelined: () => `${head("GET /healthz")}\r\n`.repeat(50),
  /** A tunnel that is never used, to a place that is refused or not. */
  tunnel: () => "CONNECT registry.npmjs.org:443 HTTP/1.1\r\nHost: registry.npmjs.org:443\r\n\r\n",
};

const floods = process.argv.slice(2).map((argument) => {
  const [kind, target] = argument.split("=");
  return { argument, text: kinds[kind](), target, open: new Set(), error: undefined };
});

/** Opens a part of what is missing, so that others have their turn. */
function refill(flood) {
  const { target, text, open } = flood;
  for (let missing = Math.min(connectionsEach - open.size, 10); missing > 0; missing--) {
    const to = target.startsWith("/") ? { path: target } : { host: "127.0.0.1", port: Number(target) };
    const socket = connect({ ...to, allowHalfOpen: true }, () => socket.write(text));
    open.add(socket);
    // Never read: what is answered stays where it is. An end from there is not answered with ours.
    socket.on("error", ({ code }) => (flood.error = code)).once("close", () => open.delete(socket));
  }
}

setInterval(() => floods.forEach(refill), 20);
setInterval(() => {
  const state = floods.map(({ argument, open, error }) => [
    argument,
    { open: [...open].filter((socket) => !socket.connecting).length, error },
  ]);
  console.log(JSON.stringify(Object.fromEntries(state)));
}, 1_000);
setTimeout(() => process.exit(), 120_000);
process.stdin.once("end", () => process.exit()).resume();
