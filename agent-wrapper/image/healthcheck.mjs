/**
 * Exit code 0 when the session takes prompts: Docker reports the container healthy from then on. It asks at the socket of the
 * published API, if there is one: the agent can take every connection of the port, and none of the socket. node:http, because
 * loading fetch takes twice as long.
 */
import { existsSync } from "node:fs";
import { get } from "node:http";

const { CODEX_WORKSPACE_PORT: port = "3284" } = process.env;
const socketPath = "/run/codex-workspace/workspace/3284.sock";
const at = existsSync(socketPath) ? { socketPath } : { host: "127.0.0.1", port };

get({ ...at, path: "/readyz" }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
}).on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
