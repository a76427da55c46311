import type { ServerResponse } from "node:http";
import type { Readiness } from "@codex-workspace/api";
import type { Read, Reads } from "./reads.ts";

/** For probes of platforms, which some send as HEAD: they are answered whoever asks, from wherever. */
export function healthReads(readiness: () => Readiness): Reads {
  const health: Read = (_request, response) => sendJson(response, 200, { ok: true });
  const ready: Read = (_request, response) => {
    const answer = readiness();
    sendJson(response, answer.ready ? 200 : 503, answer);
  };
  return new Map([
    ["GET /healthz", health],
    ["HEAD /healthz", health],
    ["GET /readyz", ready],
    ["HEAD /readyz", ready],
  ]);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body));
}
