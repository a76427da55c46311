import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiLimits } from "@codex-workspace/core";
import { callerIn, type Gate, toActor } from "./access/gate.ts";
import { HttpProblem, problemBody, toProblem } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";
import { TerminalSocket, terminalPath } from "./terminal-socket.ts";
import { sessionNotFound } from "../session/sessions.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";

export interface HttpServer {
  /** The port that is bound, also when 0 was asked for. */
  readonly port: number;
  /** Ends streams and sockets; settles when nothing is open. */
  close(): Promise<void>;
}

/** How long a head may take, where the whole request has not less. */
const headersTimeoutMs = 5_000;

export interface ServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Of all tokens. */
  readonly limits: Pick<ApiLimits, "connections" | "requestTimeoutSeconds">;
}

/** Listens, with the terminals' WebSocket beside the rest. Throws what `listen` throws: EADDRINUSE, EACCES. */
export async function startHttpServer(
  listener: RequestListener,
  gate: Gate,
  terminalOf: (session: string) => SessionTerminal | undefined,
  { listen: { host, port }, limits: { connections, requestTimeoutSeconds } }: ServerOptions,
): Promise<HttpServer> {
  const requestTimeout = requestTimeoutSeconds * 1000;
  // Whoever is slow is answered 408, whoever sends more 431; Node looks at the times once in a while.
  const limits = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
  };
  const server = createServer(limits, listener);
  server.maxConnections = connections;
  const sockets = new TerminalSocket();
  server.on("upgrade", (request: IncomingMessage, stream, head) => {
    // From here on the socket is ours, and so is what becomes of it.
    stream.on("error", () => stream.destroy());
    const admitted = gate.admitUpgrade(request);
    if (admitted instanceof HttpProblem) {
      stream.end(refusalText(admitted));
      return;
    }
    const session = terminalPath.exec(new URL(request.url ?? "/", "http://any").pathname)?.[1] ?? "";
    const terminal = terminalOf(session);
    if (terminal === undefined) stream.end(refusalText(toProblem(sessionNotFound(session))));
    else
      sockets.accept(terminal, request, stream, head, {
        actor: toActor(callerIn(admitted)),
        hold: (close) => gate.hold(admitted, close),
      });
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      sockets.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
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

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}
