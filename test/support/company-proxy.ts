import { once } from "node:events";
import { Agent as HttpAgent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { Agent as HttpsAgent, request as requestTls } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { CertificateAuthority } from "./certificate-authority.ts";

export interface CompanyProxy extends AsyncDisposable {
  /** `http://ADDRESS:PORT` */
  readonly url: string;
  /** Of its own authority, in PEM: who does not trust it gets no TLS connection through this proxy. */
  readonly certificate: string;
  /** The protocols of the requests that went through it: `http:`, `https:`. */
  readonly seen: ReadonlySet<string>;
}

/** A forward proxy as companies have them: it ends TLS with a certificate authority of its own, and sees everything. */
export async function startCompanyProxy(address: string): Promise<CompanyProxy> {
  const authority = await CertificateAuthority.create();
  const agents = { http: new HttpAgent({ proxyEnv: process.env }), https: new HttpsAgent({ proxyEnv: process.env }) };
  const seen = new Set<string>();
  const origins = new WeakMap<Socket, string>();

  const forward = (target: URL, incoming: IncomingMessage, response: ServerResponse): void => {
    seen.add(target.protocol);
    const { method, headers } = incoming;
    const outgoing =
      target.protocol === "https:"
        ? requestTls(target, { method, headers, agent: agents.https })
        : request(target, { method, headers, agent: agents.http });
    outgoing.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on("error", (error) => {
      if (response.headersSent) response.destroy(error);
      else response.writeHead(502).end(error.message);
    });
    incoming.pipe(outgoing);
  };
  const inside = createServer((incoming, response) => {
    forward(new URL(incoming.url ?? "/", origins.get(incoming.socket)), incoming, response);
  });
  const server = createServer((incoming, response) => forward(new URL(incoming.url ?? ""), incoming, response));
  server.on("connect", (incoming: IncomingMessage, socket: Socket) => {
    const origin = new URL(`https://${incoming.url ?? ""}`);
    socket.on("error", () => socket.destroy());
    authority.certificateFor(origin.hostname).then(
      (certificate) => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
        tls.on("error", () => tls.destroy());
        origins.set(tls, origin.href);
        inside.emit("connection", tls);
      },
      (error: unknown) => socket.destroy(error as Error),
    );
  });

  server.listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    certificate: authority.certificate,
    seen,
    async [Symbol.asyncDispose]() {
      inside.closeAllConnections();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      agents.http.destroy();
      agents.https.destroy();
      await authority[Symbol.asyncDispose]();
    },
  };
}
