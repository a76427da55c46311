import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { Gate } from "./access/gate.ts";
import { startHttpServer, type ServerOptions } from "./server.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(() => Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp())));

/** What connects to a server with such limits, which answers every request. */
async function serve(limits: ServerOptions["limits"], path?: string): Promise<() => Promise<Socket>> {
  const rules = { hosts: ["*"], origins: [], auth: "none", limits: { changesPerMinute: 1, streams: 1 } } as const;
  const gate = new Gate(rules, () => []);
  const listen = { host: "127.0.0.1", port: 0, socket: path };
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
  const open = await serve({ connections: 2, requestTimeoutSeconds: 30 });
  const first = await open();
  await open();
  expect(await text(await open())).toBe("");

  first.end(request);
  expect(await text(first)).toContain("served");
  const next = await open();
  next.write(request);
  expect(await text(next)).toContain("served");
});

test("connections at the port take none of those at the socket", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "codex-workspace-server-")), "api.sock");
  cleanUps.push(() => rm(dirname(path), { recursive: true }));
  const connectAtPort = await serve({ connections: 2, requestTimeoutSeconds: 30 }, path);
  for (let connection = 0; connection < 3; connection++) await connectAtPort();
  expect(await text(await connectAtPort())).toBe("");
  const outside = [1, 2, 3].map(() => connect(path));
  cleanUps.push(() => outside.forEach((socket) => socket.destroy()));
  await Promise.all(outside.map((socket) => once(socket, "connect")));
  // The mirror: the socket has a limit too.
  expect(await text(outside[2]!)).toBe("");
  outside[0]!.end(request);
  expect(await text(outside[0]!)).toContain("served");
});

test("a request that does not come in time is 408, its head too", async () => {
  const open = await serve({ connections: 2, requestTimeoutSeconds: 1 });
  const socket = await open();
  socket.write("GET / HTTP/1.1\r\nHost: local");
  const began = performance.now();
  expect(await text(socket)).toContain("408 Request Timeout");
  expect(performance.now() - began).toBeLessThan(4_000);
});
