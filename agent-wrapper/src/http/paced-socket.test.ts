import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setImmediate as endOfTick } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { PacedSocket } from "./paced-socket.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** Both ends of a connection, and what the client has read. */
async function connected(): Promise<{ server: WebSocket; client: WebSocket; read: Buffer[] }> {
  const listening = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(listening, "listening");
  const accepted = once(listening, "connection") as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(listening.address() as AddressInfo).port}`);
  const read: Buffer[] = [];
  client.on("message", (data) => read.push(data as Buffer));
  const [server] = await accepted;
  await once(client, "open");
  closing.push(() => {
    client.terminate();
    listening.close();
  });
  return { server, client, read };
}

const chunk = Buffer.alloc(64 * 1024, "x");
const screen = Buffer.from("the screen as it is now");

/** Shows bytes until the client is behind: what the kernel's buffers take is read, as far as the server can know. */
async function fallBehind(server: WebSocket, paced: PacedSocket): Promise<number> {
  let peak = 0;
  for (let count = 0; count < 1_000; count++) {
    paced.show(chunk);
    peak = Math.max(peak, server.bufferedAmount);
    await endOfTick();
  }
  return peak;
}

test("a client that reads nothing has little pending, and the screen when it reads on", async () => {
  const { server, client, read } = await connected();
  const paced: PacedSocket = new PacedSocket(server, () => paced.showScreen(screen));
  client.pause();
  const peak = await fallBehind(server, paced);
  expect(peak).toBeGreaterThan(256 * 1024);
  expect(peak).toBeLessThan(512 * 1024);
  paced.notice("a notice on the way");

  client.resume();
  await until(() => read.at(-1)?.equals(screen) === true);
  paced.show(Buffer.from("what comes then"));
  await until(() => read.at(-1)?.toString() === "what comes then");
  expect(read.filter((data) => data.equals(screen))).toHaveLength(1);
});

test("a client that keeps up gets every byte, and no screen again", async () => {
  const { server, read } = await connected();
  const paced: PacedSocket = new PacedSocket(server, () => paced.showScreen(screen));
  for (let count = 0; count < 300; count++) {
    paced.show(Buffer.from([count % 256]));
    await endOfTick();
  }
  await until(() => read.length === 300);
  expect(read.map(([byte]) => byte)).toEqual(Array.from({ length: 300 }, (_, count) => count % 256));
});

test("a client that reads no notice either is let go", async () => {
  const { server, client } = await connected();
  const paced = new PacedSocket(server, () => undefined);
  client.pause();
  for (let count = 0; count < 300 && server.readyState === WebSocket.OPEN; count++) {
    paced.notice("n".repeat(64 * 1024));
    await endOfTick();
  }
  expect(server.readyState).not.toBe(WebSocket.OPEN);
});

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error("waited 10 s in vain");
    await endOfTick();
  }
}
