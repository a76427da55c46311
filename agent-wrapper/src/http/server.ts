import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo, ListenOptions } from "node:net";
import type { Duplex } from "node:stream";
import type { ApiLimits } from "@codex-workspace/core";
import type { Logger } from "pino";
import type { Gate } from "./access/gate.ts";
import { actorOf, ask } from "./call.ts";
import { HttpProblem, problemBody, toProblem } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import { TerminalSocket } from "./terminal-socket.ts";
import { sessionNotFound } from "../session/sessions.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";

export interface HttpServer {
  /** The port that is bound, also when 0 was asked for. */
  readonly port: number;
  /** Ends streams and sockets; settles when nothing is open. */
  close(): Promise<void>;
}

/** Connections at the port, if the API is published by a socket: only programs inside the container use the port then. */
const insideConnections = 128;

/** How long a head may take, where the whole request has not less. */
const headersTimeoutMs = 5_000;

export interface ServerOptions {
  /** `socket`: a unix socket at which it listens too, with connections of its own. */
  readonly listen: { readonly host: string; readonly port: number; readonly socket?: string | undefined };
  /** Of all tokens. */
  readonly limits: Pick<ApiLimits, "connections" | "requestTimeoutSeconds">;
  readonly logger: Pick<Logger, "warn">;
}

/** Listens, with the terminals' WebSocket beside the rest. Throws what `listen` throws: EADDRINUSE, EACCES. */
export async function startHttpServer(
  listener: RequestListener,
  gate: Gate,
  terminalOf: (session: string) => SessionTerminal | undefined,
  { listen: { host, port, socket }, limits: { connections, requestTimeoutSeconds }, logger }: ServerOptions,
): Promise<HttpServer> {
  const requestTimeout = requestTimeoutSeconds * 1000;
  // Whoever is slow is answered 408, whoever sends more 431; Node looks at the times once in a while.
  const limits = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
    shouldUpgradeCallback: isTerminal,
  };
  const sockets = new TerminalSocket(logger);
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // From here on the socket is ours, and so is what becomes of it.
    stream.on("error", () => stream.destroy());
    const call = gate.admitUpgrade(ask(request));
    if (call instanceof HttpProblem) {
      refuse(stream, call);
      return;
    }
    const session = String(call.params["session"]);
    const terminal = terminalOf(session);
    if (terminal === undefined) refuse(stream, toProblem(sessionNotFound(session)));
    else
      sockets.accept(terminal, request, stream, head, {
        actor: actorOf(call),
        hold: (close) => gate.hold(call, close),
      });
  };
  const servers: Server[] = [];
  const open = async (address: ListenOptions, maxConnections: number): Promise<Server> => {
    const server = createServer(limits, listener).on("upgrade", upgrade);
    server.maxConnections = maxConnections;
    await listen(server, address);
    // Such as a connection that cannot be accepted because no file descriptor is free.
    server.on("error", (error) => logger.warn({ err: error }, "the HTTP server has failed to accept a connection"));
    servers.push(server);
    return server;
  };
  const close = async (): Promise<void> => {
    sockets.close();
    await Promise.all(servers.map(closed));
  };
  const server = await open(
    { host, port },
    socket === undefined ? connections : Math.min(connections, insideConnections),
  );
  if (socket !== undefined) {
    try {
      // A killed wrapper leaves its socket. The gateway's user connects to this one; the directory keeps other users out.
      await rm(socket, { force: true });
      await open({ path: socket, readableAll: true, writableAll: true }, connections);
    } catch (error) {
      await close();
      throw error;
    }
  }
  return { port: (server.address() as AddressInfo).port, close };
}

/**
 * Returns whether a request becomes a WebSocket: one to a session's terminal. Every other `Upgrade` is ignored and the
 * request is served (RFC 9110, section 7.8): Java's and curl's clients offer h2c with ordinary requests.
 */
function isTerminal(request: IncomingMessage): boolean {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return false;
  try {
    const { found } = ask(request);
    return found.kind === "operation" && found.operation.stays === "socket";
  } catch {
    // The listener answers with the problem.
    return false;
  }
}

/** How long a refused client has to read its answer. */
const lingerMs = 1_000;

function refuse(stream: Duplex, problem: HttpProblem): void {
  stream.resume().end(refusalText(problem), () => setTimeout(() => stream.destroy(), lingerMs).unref());
}

/** An answer where there is no response object. */
function refusalText(problem: HttpProblem): string {
  const body = `${JSON.stringify(problemBody(problem))}\n`;
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Refused"}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    ...[...securityHeaders].map(([name, value]) => `${name}: ${value}`),
    ...(problem.retryAfterSeconds === undefined ? [] : [`Retry-After: ${problem.retryAfterSeconds}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function listen(server: Server, address: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
}

async function closed(server: Server): Promise<void> {
  const end = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await end;
}
