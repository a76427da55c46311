/**
 * Exit code 0 when the session takes prompts: whoever waits for a healthy container waits for that. node:http, because loading
 * fetch takes twice as long.
 */
import { get } from "node:http";

const { CODEX_WORKSPACE_PORT: port = "3284" } = process.env;

get({ host: "127.0.0.1", port, path: "/readyz" }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
}).on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
