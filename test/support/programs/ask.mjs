/**
 * Sends one request and prints what came back as JSON. Its argument is JSON too: `url`, `method`, `headers`, `body`; `proxy`, a
 * port of loopback, for one through a proxy; `tunnel` for one through a tunnel of the proxy's; `abortAfterMs`.
 */
import { request } from "node:http";

const {
  url,
  method = "GET",
  headers = {},
  body = "",
  proxy,
  tunnel = false,
  abortAfterMs,
} = JSON.parse(process.argv[2]);
const began = Date.now();
// The proxy gets the scheme as it is, even one that no URL parser takes.
const { hostname, host, port, pathname, search } = new URL(url.replace(/^\w+/, "http"));
const path = `${pathname}${search}`;

function print(result) {
  console.log(JSON.stringify({ ms: Date.now() - began, ...result }));
  process.exit();
}

async function read(response) {
  const chunks = [];
  let text = "";
  let bytes = 0;
  response.on("error", (error) => print({ status: response.statusCode, error: error.message }));
  for await (const chunk of response) {
    chunks.push(Date.now() - began);
    bytes += chunk.length;
    if (text.length < 1000) text += String(chunk).slice(0, 1000);
  }
  print({ status: response.statusCode, headers: response.headers, text, bytes, chunks });
}

function send(options) {
  const outgoing = request({ ...options, method, headers: { ...headers, host } }, read);
  outgoing.on("error", (error) => print({ error: error.message }));
  outgoing.end(body);
  if (abortAfterMs !== undefined) setTimeout(() => outgoing.destroy(), abortAfterMs);
}

const loopback = { host: "127.0.0.1", port: proxy };
if (proxy === undefined) {
  send({ host: hostname, port, path });
} else if (!tunnel) {
  send({ ...loopback, path: url });
} else {
  const authority = `${hostname}:${port === "" ? 80 : port}`;
  const connecting = request({ ...loopback, method: "CONNECT", path: authority });
  connecting.on("connect", ({ statusCode, headers: answered }, socket, head) => {
    if (statusCode === 200) return send({ createConnection: () => socket, path });
    // A proxy may keep the connection: what it says is as long as it says.
    let text = String(head);
    const end = () =>
      text.length >= Number(answered["content-length"]) && print({ status: statusCode, headers: answered, text });
    end();
    socket.on("data", (chunk) => {
      text += chunk;
      end();
    });
  });
  connecting.on("error", (error) => print({ error: error.message }));
  connecting.end();
}
