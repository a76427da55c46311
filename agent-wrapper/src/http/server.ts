import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import { type AccessRules, mayUpgrade } from "./app.ts";
import { TerminalSocket, terminalPath } from "./terminal-socket.ts";
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
  rules: AccessRules,
  terminal: SessionTerminal,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, app);
  const sockets = new TerminalSocket(terminal);
  server.on("upgrade", (request: IncomingMessage, stream, head) => {
    const refusal =
      new URL(request.url ?? "/", "http://any").pathname === terminalPath ? mayUpgrade(request, rules) : 404;
    if (refusal === undefined) sockets.accept(request, stream, head);
    else stream.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
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

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}
