import { createServer } from "node:https";
import { pipeline, Readable } from "node:stream";

/** Answers every request over TLS with as many bytes as its argument says; its key and certificate are in its environment. */
const bytes = Number(process.argv[2]);
const { TLS_KEY: key, TLS_CERT: cert } = process.env;
const block = Buffer.alloc(2 ** 20);

function* body(): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, left);
}

// Never idle for too long: on a busy machine a client may still be reading when the server has long written all.
createServer({ key, cert, keepAliveTimeout: 0 }, (_request, response) => {
  response.writeHead(200, { "content-length": bytes });
  pipeline(Readable.from(body()), response, () => undefined);
}).listen(443, () => console.log("listening"));
process.on("SIGTERM", () => process.exit());
