import type { ServerResponse } from "node:http";

/** Sends a JSON body in AgentAPI's form: `$schema` first, and a Link to it. */
export function sendBody(response: ServerResponse, schema: string, body: object, type = "application/json"): void {
  const host = response.req.headers.host ?? "localhost";
  const scheme = /^(localhost|127\.0\.0\.1)/.test(host) ? "http" : "https";
  response.setHeader("Link", `</schemas/${schema}.json>; rel="describedBy"`);
  response.setHeader("Content-Type", type);
  response.end(`${JSON.stringify({ $schema: `${scheme}://${host}/schemas/${schema}.json`, ...body })}\n`);
}
