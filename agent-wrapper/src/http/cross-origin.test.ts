import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { corsHeaders } from "./cross-origin.ts";

const origin = "https://tasks.example";
const ask = (method: string, headers: Record<string, string>, origins = [origin]): Record<string, string> =>
  corsHeaders({ method, headers: { host: "here", ...headers } } as unknown as IncomingMessage, origins);
const preflight = (method: string, headers?: string): Record<string, string> =>
  ask("OPTIONS", {
    origin,
    "access-control-request-method": method,
    ...(headers !== undefined && { "access-control-request-headers": headers }),
  });

const allowed = { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" };

test("an allowed origin reads answers, and the header Link of them", () => {
  expect(ask("GET", { origin })).toEqual({ ...allowed, "Access-Control-Expose-Headers": "Link" });
});

test("on a list with * any origin does", () => {
  expect(ask("GET", { origin: "https://a.example" }, ["*"])).toMatchObject({ "Access-Control-Allow-Origin": "*" });
});

test.each([
  ["a foreign origin", "GET", { origin: "https://evil.example" }],
  ["no origin", "GET", {}],
  ["a method that is not allowed", "PATCH", { origin }],
])("%s gets none", (_, method, headers) => {
  expect(ask(method, headers)).toEqual({});
});

test.each(["GET", "POST", "PUT", "DELETE", "OPTIONS", "post"])("a preflight may ask for %s", (method) => {
  expect(preflight(method)).toEqual({
    ...allowed,
    "Access-Control-Allow-Methods": method.toUpperCase(),
    "Access-Control-Max-Age": "300",
  });
});

test("the headers that it asks for are echoed", () => {
  const names = "accept, Authorization, content-type, X-CSRF-Token, origin, Idempotency-Key";
  expect(preflight("POST", names)["Access-Control-Allow-Headers"]).toBe(names);
});

test.each([
  ["a method that is not allowed", "PATCH", undefined],
  ["one header that is not allowed", "POST", "authorization, x-other"],
])("a preflight for %s gets none", (_, method, headers) => {
  expect(preflight(method, headers)).toEqual({});
});
