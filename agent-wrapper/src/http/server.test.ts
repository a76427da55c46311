import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { Gate } from "./access/gate.ts";
import { startHttpServer, type ServerOptions } from "./server.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(() => Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp())));

/** What connects to a server with such limits, which answers every request. */
async function serve(limits: ServerOptions["limits"]): Promise<() => Promise<Socket>> {
  const rules = { hosts: ["*"], origins: [], auth: "none", limits: { changesPerMinute: 1, streams: 1 } } as const;
  const gate = new Gate(rules, () => []);
  const listen = { host: "127.0.0.1", port: 0 };
  const answer: RequestListener = (_request, response) => void response.end("served");
  const server = await startHttpServer(answer, gate, () => undefined, {
    listen,
    limits,
    logger: pino({ enabled: false }),
  });
  cleanUps.push(() => server.close());
  return async () => {
    const socket = connect(server.port, listen.host);
    cleanUps.push(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
}

const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

test("one connection more than there may be is closed; one that ends makes room", async () => {
  const join = await serve({ connections: 2, requestTimeoutSeconds: 30 });
  const first = await join();
  await join();
  expect(await text(await join())).toBe("");

  first.end(request);
  expect(await text(first)).toContain("served");
  const next = await join();
  next.write(request);
  expect(await text(next)).toContain("served");
});

test("a request that does not come in time is 408, its head too", async () => {
  const join = await serve({ connections: 2, requestTimeoutSeconds: 1 });
  const socket = await join();
  socket.write("GET / HTTP/1.1\r\nHost: local");
  const began = performance.now();
  expect(await text(socket)).toContain("408 Request Timeout");
  expect(performance.now() - began).toBeLessThan(4_000);
});
