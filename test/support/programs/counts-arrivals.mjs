/** Prints a line for whatever arrives: TCP on port 80, where HTTP is answered, and UDP on port 53. It says when it listens. */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const server = createServer((request, response) => {
  console.log(`http ${request.headers.host} ${request.url}`);
  response.end("arrived\n");
});
server.on("connection", ({ remoteAddress }) => console.log(`tcp ${remoteAddress}`));
server.listen(80, "::", () => {
  const datagrams = createSocket("udp6");
  datagrams.on("message", (message, { address }) => console.log(`udp ${address}`));
  datagrams.bind(53, () => console.log("listening"));
});
process.on("SIGTERM", () => process.exit());
