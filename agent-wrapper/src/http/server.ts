import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import type { Gate } from "./access/gate.ts";
import { HttpProblem, problemBody } from "./problem.ts";
import { TerminalSocket } from "./terminal-socket.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";

export interface HttpServer {
  /** The port that is bound, also when 0 was asked for. */
  readonly port: number;
  /** Ends streams and sockets; settles when nothing is open. */
  close(): Promise<void>;
}

/** Listens, with the terminal's WebSocket beside the app. Throws what `listen` throws: EADDRINUSE, EACCES. */
export async function startHttpServer(
  app: Express,
  gate: Gate,
  terminal: SessionTerminal,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, app);
  const sockets = new TerminalSocket(terminal);
  server.on("upgrade", (request: IncomingMessage, stream, head) => {
    const admitted = gate.admitUpgrade(request);
    if (admitted instanceof HttpProblem) stream.end(refusalText(admitted));
    else sockets.accept(request, stream, head, (close) => gate.hold(admitted, close));
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
