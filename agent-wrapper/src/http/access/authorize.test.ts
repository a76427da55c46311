import { type TokenScope, tokenScopes } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { parseTarget } from "../target.ts";
import { HttpProblem } from "../problem.ts";
import { authorize, type Decision, mayDo, scopesOf } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import { matchOperation } from "./match.ts";
import { operations } from "./operations.ts";

const withScopes = (...scopes: TokenScope[]): Caller => ({ name: "ci", scopes, token: undefined });

/** What each operation asks for, written down a second time: a change of the table is seen here. */
const expected: Readonly<Record<string, TokenScope | "any token" | "nothing">> = {
  "ALL /": "nothing",
  "ALL /chat": "nothing",
  "ALL /chat/embed": "nothing",
  "GET /docs": "nothing",
  "GET /docs/viewer/main.js": "nothing",
  "GET /schemas/Status.json": "nothing",
  "GET /openapi.json": "nothing",
  "GET /openapi.yaml": "nothing",
  "GET /openapi-3.0.json": "nothing",
  "GET /openapi-3.0.yaml": "nothing",
  "GET /status": "read",
  "GET /messages": "read",
  "POST /message user": "prompt",
  "POST /message raw": "terminal",
  "POST /upload": "prompt",
  "GET /events": "read",
  "GET /v1/sessions": "read",
  "POST /v1/sessions": "admin",
  "GET /v1/sessions/main": "read",
  "DELETE /v1/sessions/main": "admin",
  "POST /v1/sessions/main/fork": "prompt",
  "POST /v1/sessions/main/archive": "admin",
  "POST /v1/sessions/main/unarchive": "admin",
  "POST /v1/sessions/main/interrupt": "prompt",
  "POST /v1/sessions/main/prompts": "prompt",
  "GET /v1/sessions/main/prompts": "read",
  "GET /v1/sessions/main/prompts/p1": "read",
  "DELETE /v1/sessions/main/prompts/p1": "prompt",
  "GET /v1/sessions/main/queue": "read",
  "POST /v1/sessions/main/queue/pause": "prompt",
  "POST /v1/sessions/main/queue/resume": "prompt",
  "GET /v1/sessions/main/approvals": "read",
  "GET /v1/sessions/main/approvals/a1": "read",
  "POST /v1/sessions/main/approvals/a1/decision": "approve",
  "GET /v1/sessions/main/items": "read",
  "GET /v1/sessions/main/events": "read",
  "WebSocket /v1/sessions/main/terminal": "terminal",
  "GET /v1/status": "read",
  "GET /metrics": "read",
  "GET /v1/audit": "admin",
  "POST /v1/tickets": "any token",
  "GET /healthz": "nothing",
  "GET /readyz": "nothing",
  "GET /internal/screen": "read",
  "HEAD /healthz": "nothing",
  "HEAD /readyz": "nothing",
};

const examples = {
  "{session}": "main",
  "{prompt}": "p1",
  "{approval}": "a1",
  "/chat/*": "/chat/embed",
  "/docs/*": "/docs/viewer/main.js",
  "/schemas/*": "/schemas/Status.json",
};

function decide(row: string, caller: Parameters<typeof authorize>[1]): Decision {
  const [method = "", path = "", variant] = row.split(" ");
  const target = parseTarget(path);
  if (target instanceof HttpProblem) throw target;
  const found = matchOperation(method === "WebSocket" ? "GET" : method, target.segments);
  if (variant === undefined || found.kind !== "operation" || typeof caller === "string")
    return authorize(found, caller);
  const { operation } = found;
  if (mayDo(operation, caller, variant)) return authorize(found, caller);
  return { kind: "scope-missing", needs: scopesOf(operation.needs, variant) };
}

test("every operation of the table is in this test", () => {
  const rows = operations.flatMap(({ method, path, needs, stays }) => {
    const row = `${stays === "socket" ? "WebSocket" : method} ${path}`;
    const concrete = Object.entries(examples).reduce((text, [path, example]) => text.replace(path, example), row);
    return typeof needs === "string" ? [concrete] : Object.keys(needs).map((variant) => `${concrete} ${variant}`);
  });
  expect(Object.keys(expected).sort()).toEqual(rows.sort());
});

describe.each(Object.entries(expected))("%s needs %s", (row, needs) => {
  test.each(tokenScopes)("of a token with %s alone", (scope) => {
    const isEnough = needs === "nothing" || needs === "any token" || needs === scope;
    expect(decide(row, withScopes(scope))).toMatchObject(
      isEnough ? { kind: "allowed" } : { kind: "scope-missing", needs: [needs] },
    );
  });

  test("of a token with every scope, which is enough", () => {
    expect(decide(row, withScopes(...tokenScopes)).kind).toBe("allowed");
  });

  test.each(["unknown", "expired"] as const)("of somebody: who is %s is not let in", (stranger) => {
    expect(decide(row, stranger)).toMatchObject(
      needs === "nothing" ? { kind: "allowed" } : { kind: "no-caller", because: stranger },
    );
  });
});

describe("before its body is read, a message", () => {
  test.each(["prompt", "terminal"] as const)("is let in with %s", (scope) => {
    expect(decide("POST /message", withScopes(scope)).kind).toBe("allowed");
  });

  test("is refused with neither, and both are named", () => {
    expect(decide("POST /message", withScopes("read", "approve", "admin"))).toEqual({
      kind: "scope-missing",
      needs: ["prompt", "terminal"],
    });
  });
});

const everything = withScopes(...tokenScopes);

test.each([
  "GET /nothing",
  "GET /openapi.xml",
  "GET /schemas",
  "GET /STATUS",
  "GET /status/",
  "GET //status",
  "GET /%73tatus",
  "GET /v1",
])("%s is no operation, whatever would answer it, and only somebody is told so", (row) => {
  expect(decide(row, everything)).toEqual({ kind: "unknown-path" });
  expect(decide(row, "unknown")).toEqual({ kind: "no-caller", because: "unknown" });
});

test.each([
  ["DELETE /status", ["GET"]],
  ["HEAD /events", ["GET"]],
  ["GET /message", ["POST"]],
  ["get /status", ["GET"]],
])("%s is another method of a known path", (row, allow) => {
  expect(decide(row, everything)).toEqual({ kind: "unknown-method", allow });
  expect(decide(row, "unknown").kind).toBe("no-caller");
});

test.each(["GET /v1/sessions//queue", "GET /v1/sessions//terminal"])("%s has an empty parameter", (row) => {
  expect(decide(row, everything)).toEqual({ kind: "unknown-path" });
});
