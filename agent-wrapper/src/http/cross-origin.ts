import type { IncomingMessage } from "node:http";
import { isAllowedOrigin } from "./access/origin.ts";

const methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
/** AgentAPI's, and what /v1 has. */
const requestHeaders = [
  ...["accept", "authorization", "content-type", "origin", "x-csrf-token"],
  ...["idempotency-key", "last-event-id"],
];

/** Whether a request comes from a page that may read answers and change things here. */
export function isFromAllowedOrigin(
  { headers: { origin, host } }: IncomingMessage,
  origins: readonly string[],
): boolean {
  return origin !== undefined && isAllowedOrigin(origin, host, origins);
}

/** A browser's question whether it may send what it is about to send. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** CORS headers of an answer, to a preflight or to the request itself: AgentAPI's, none for a page that may not read. */
export function corsHeaders(request: IncomingMessage, origins: readonly string[]): Record<string, string> {
  const { method = "", headers } = request;
  const { origin } = headers;
  if (origin === undefined || !isFromAllowedOrigin(request, origins)) return {};
  const allowed = {
    "Access-Control-Allow-Origin": origins.includes("*") ? "*" : origin,
    "Access-Control-Allow-Credentials": "true",
  };
  if (!isPreflight(request)) {
    return methods.includes(method) ? { ...allowed, "Access-Control-Expose-Headers": "Link" } : {};
  }
  const asked = headers["access-control-request-method"]?.toUpperCase() ?? "";
  const askedHeaders = list(headers["access-control-request-headers"]);
  if (!methods.includes(asked) || !askedHeaders.every((name) => requestHeaders.includes(name.toLowerCase()))) return {};
  return {
    ...allowed,
    "Access-Control-Allow-Methods": asked,
    ...(askedHeaders.length > 0 && { "Access-Control-Allow-Headers": askedHeaders.join(", ") }),
    "Access-Control-Max-Age": "300",
  };
}

/** What the answers depend on, for caches in between. */
export function varyOf(request: IncomingMessage): string[] {
  const ofPreflight = ["Access-Control-Request-Method", "Access-Control-Request-Headers"];
  return ["Origin", ...(isPreflight(request) ? ofPreflight : [])];
}

function list(header = ""): string[] {
  return header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
