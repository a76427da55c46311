import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { relayConnections, type WrapperConfig } from "@codex-workspace/core";

type RelayConfig = WrapperConfig["relays"][number];

export interface Relays {
  /** Ends all connections; settles when none is open. */
  close(): Promise<void>;
}

const usualLingerMs = 10_000;

export interface RelayLimits {
  /** Of each relay, at once. @default {@link relayConnections} */
  readonly connections: number;
  /** How long a client may stay silent after the other side has ended: it keeps its place until then. @default 10 s */
  readonly lingerMs: number;
}

/** Of a connection, for what comes in at once. */
const bufferBytes = 128 * 1024;

/**
 * Carries bytes between ports of the loopback address and unix sockets, since most programs know no such socket, and a
 * container without network has no other way in or out. Throws what `listen` throws: EADDRINUSE, EACCES.
 */
export async function startRelays(
  configs: readonly RelayConfig[],
  { connections = relayConnections, lingerMs = usualLingerMs }: Partial<RelayLimits> = {},
): Promise<Relays> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closing.map((end) => end()));
  };
  try {
    for (const config of configs) closing.push(await startRelay(config, { connections, lingerMs }));
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function startRelay(
  { from, to }: RelayConfig,
  { connections, lingerMs }: RelayLimits,
): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connectFor(client, to);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // What has failed is closed after it.
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    // An end is handed on as an end; whatever else happens to one side ends both.
    pipeline(client, upstream, () => undefined);
    upstream.once("end", () => client.setTimeout(lingerMs, () => client.destroy()).end());
    upstream.once("close", () => upstream.readableEnded || client.destroy());
    client.once("close", () => client.writableFinished || upstream.destroy());
  });
  // Further connections are closed.
  server.maxConnections = connections;
  // What a killed wrapper has left.
  if ("socket" in from) await rm(from.socket, { force: true });
  // The gateway's user connects too. Who else reaches the socket still needs what the program behind it asks for.
  server.listen({ ...addressOf(from), readableAll: true, writableAll: true });
  await once(server, "listening");
  // A connection that cannot be accepted is the client's loss.
  server.on("error", () => undefined);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

/** What it receives goes to the client from one buffer: with a new one for each read, a relay takes twice the time. */
function connectFor(client: Socket, to: RelayConfig["to"]): Socket {
  const upstream = connect({
    ...addressOf(to),
    allowHalfOpen: true,
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback: (length, buffer) => {
        client.write(buffer.subarray(0, length), () => upstream.resume());
        // The buffer is free when the kernel has all of it; until then nothing is read.
        return client.writableLength === 0;
      },
    },
  });
  return upstream;
}

function addressOf(end: RelayConfig["from"]): { host: string; port: number } | { path: string } {
  return "port" in end ? { host: "127.0.0.1", port: end.port } : { path: end.socket };
}
