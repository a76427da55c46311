import type { ServerResponse } from "node:http";
import type { Readiness } from "@codex-workspace/api";
import type { Handler, Handlers } from "./call.ts";

/** Handlers of the probes of platforms, which some platforms send as HEAD. They need no token. */
export function healthReads(
  readiness: () => Readiness,
): Handlers<"get-health" | "head-health" | "get-readiness" | "head-readiness"> {
  const health: Handler = (_call, response) => sendJson(response, 200, { ok: true });
  const ready: Handler = (_call, response) => {
    const answer = readiness();
    sendJson(response, answer.ready ? 200 : 503, answer);
  };
  return { "get-health": health, "head-health": health, "get-readiness": ready, "head-readiness": ready };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body));
}
