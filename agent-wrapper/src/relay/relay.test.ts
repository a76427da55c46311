import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { setImmediate as endOfTick } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRelays } from "./relay.ts";

let directory: string;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-relay-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(directory, { recursive: true });
});

async function serve(at: { path: string } | { port: number }, onClient: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, onClient).listen({ host: "127.0.0.1", ...at });
  await once(server, "listening");
  closing.push(() => server.close());
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A relay from a free port to a socket on which `onClient` answers; the port. */
async function relayed(onClient: (client: Socket) => void): Promise<number> {
  const [port, socket] = [await freePort(), join(directory, "up.sock")];
  await serve({ path: socket }, onClient);
  const relays = await startRelays([{ from: { port }, to: { socket } }]);
  closing.push(() => relays.close());
  return port;
}

test("what is sent after the other side has ended arrives whole", async () => {
  const big = Buffer.alloc(5_000_000, "a");
  const port = await relayed((client) => {
    void text(client).then((question) => client.end(Buffer.concat([Buffer.from(question), big])));
  });
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  client.end("question:");
  const answer = await buffer(client);
  expect(answer.length).toBe("question:".length + big.length);
  expect(answer.subarray(0, 10).toString()).toBe("question:a");
});

test("a client that reads slower than the other side sends gets what was sent, byte for byte", async () => {
  const sent = Buffer.from(Uint32Array.from({ length: 4_000_000 }, (_, index) => index).buffer);
  const port = await relayed((client) => client.end(sent));
  const client = connect({ host: "127.0.0.1", port });
  const received: Buffer[] = [];
  for await (const chunk of client) {
    received.push(chunk as Buffer);
    // Others have their turn: what lies in the kernel meanwhile fills up.
    for (let turn = 0; turn < 5; turn++) await endOfTick();
  }
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

test("a client that goes away is gone for the other side too", async () => {
  const { promise: gone, resolve } = Promise.withResolvers<undefined>();
  const port = await relayed((client) => {
    client.on("error", () => undefined);
    client
      .resume()
      .on("end", () => client.end())
      .once("close", () => resolve(undefined));
    client.write("hello");
  });
  const client = connect({ host: "127.0.0.1", port });
  await once(client, "data");
  client.destroy();
  await expect(gone).resolves.toBeUndefined();
});

test("a client that never ends makes room after the other side has ended", async () => {
  const [port, socket] = [await freePort(), join(directory, "up.sock")];
  await serve({ path: socket }, (client) => client.on("error", () => undefined).end("too slow"));
  const relays = await startRelays([{ from: { port }, to: { socket } }], { connections: 1, lingerMs: 100 });
  closing.push(() => relays.close());
  const ask = (): Promise<string> => {
    const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    client.on("error", () => undefined);
    closing.push(() => client.destroy());
    return text(client).catch(() => "");
  };
  expect(await ask()).toBe("too slow");
  // The mirror: while the first one has its place, there is none for a second one.
  expect(await ask()).toBe("");
  await expect.poll(ask, { timeout: 5_000 }).toBe("too slow");
});

test("where nobody listens the client's connection ends, and the next one is served", async () => {
  const [port, socket] = [await freePort(), join(directory, "late.sock")];
  const relays = await startRelays([{ from: { port }, to: { socket } }]);
  closing.push(() => relays.close());
  const early = connect({ host: "127.0.0.1", port });
  early.on("error", () => undefined);
  await once(early, "close");
  await serve({ path: socket }, (client) => client.end("here"));
  expect(await text(connect({ host: "127.0.0.1", port }))).toBe("here");
});

test("a socket leads to a port; any user may connect, and one that a killed relay left is no hindrance", async () => {
  const [port, socket] = [await freePort(), join(directory, "in.sock")];
  await serve({ port }, (client) => client.end("inside"));
  await writeFile(socket, "");
  const relays = await startRelays([{ from: { socket }, to: { port } }]);
  closing.push(() => relays.close());
  expect(await text(connect({ path: socket }))).toBe("inside");
  expect((await stat(socket)).mode & 0o666).toBe(0o666);
});

test("closed, it ends what is open; a port that is taken is told, and no other relay stays", async () => {
  const port = await relayed((client) => client.on("error", () => undefined).resume());
  const client = connect({ host: "127.0.0.1", port });
  client.on("error", () => undefined);
  await once(client, "connect");
  const socket = join(directory, "other.sock");
  const relays = startRelays([
    { from: { socket }, to: { port: 1 } },
    { from: { port }, to: { socket } },
  ]);
  await expect(relays).rejects.toThrow("EADDRINUSE");
  await expect(stat(socket)).rejects.toThrow("ENOENT");
  const closed = once(client.resume(), "close");
  await closing.pop()?.();
  await closed;
});
