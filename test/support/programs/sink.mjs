/**
 * A server that answers whoever reaches it and prints each arrival as a line of JSON. It listens with HTTP on PORTS and, where
 * it has a certificate, with TLS on 443. Paths that end in `/responses` stream ten events, 200 ms apart; `/big` sends 100 MiB;
 * `/edits` answers never; a query `moved` is led to another server, `home` to another path.
 */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { setTimeout as pause } from "node:timers/promises";

const { PORTS = "80", TLS_KEY: key, TLS_CERT: cert } = process.env;

async function answer(request, response) {
  const { method, url, headers } = request;
  const began = Date.now();
  let body = "";
  for await (const chunk of request) body += chunk;
  console.log(JSON.stringify({ arrived: url, method, headers, body }));
  response.on("close", () => {
    if (!response.writableFinished) console.log(JSON.stringify({ aborted: url, afterMs: Date.now() - began }));
  });
  if (url.endsWith("/responses")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let event = 0; event < 10 && !response.destroyed; event++) {
      response.write(`data: ${event}\n\n`);
      await pause(200);
    }
    response.end();
  } else if (url.endsWith("/big")) {
    const block = Buffer.alloc(1 << 20);
    for (let count = 0; count < 100; count++) {
      if (!response.write(block)) await new Promise((resume) => response.once("drain", resume));
    }
    response.end();
  } else if (url.endsWith("?moved")) {
    response.writeHead(302, { location: "http://other.test/stolen" }).end();
  } else if (url.endsWith("?home")) {
    response.writeHead(302, { location: "/there" }).end();
  } else if (!url.endsWith("/edits")) {
    response.end(JSON.stringify({ method, url, headers, body }));
  }
}

for (const port of PORTS.split(",")) createServer(answer).listen(Number(port));
if (key !== undefined) createTlsServer({ key, cert }, answer).listen(443);
console.log(JSON.stringify({ listening: PORTS }));
process.on("SIGTERM", () => process.exit());
