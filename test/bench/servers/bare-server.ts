import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers every request with its argument. */
const [, , body = ""] = process.argv;
const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
