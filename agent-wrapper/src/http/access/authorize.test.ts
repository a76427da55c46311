import { type TokenScope, tokenScopes } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { authorize, type Decision } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import { operations } from "./operations.ts";

const withScopes = (...scopes: TokenScope[]): Caller => ({ name: "ci", scopes, token: undefined });

/** What each operation asks for, written down a second time: a change of the table is seen here. */
const expected: Readonly<Record<string, TokenScope | "any token" | "nothing">> = {
  "ALL /": "nothing",
  "ALL /chat": "nothing",
  "ALL /chat/embed": "nothing",
  "ALL /docs": "nothing",
  "ALL /docs/viewer/main.js": "nothing",
  "ALL /schemas/Status.json": "nothing",
  "ALL /openapi.json": "nothing",
  "ALL /openapi.yaml": "nothing",
  "ALL /openapi-3.0.json": "nothing",
  "ALL /openapi-3.0.yaml": "nothing",
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
  const isUpgrade = method === "WebSocket";
  return authorize({ method: isUpgrade ? "GET" : method, path, isUpgrade, variant }, caller);
}

test("every operation of the table is in this test", () => {
  const rows = operations.flatMap(({ operation, needs, stays }) => {
    const row = stays === "socket" ? operation.replace("GET", "WebSocket") : operation;
    const concrete = Object.entries(examples).reduce((text, [path, example]) => text.replace(path, example), row);
    return typeof needs === "string" ? [concrete] : Object.keys(needs).map((variant) => `${concrete} ${variant}`);
  });
  expect(Object.keys(expected)).toEqual(rows);
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

test("a WebSocket is let in where there is one; a request there needs the same", () => {
  expect(decide("GET /v1/sessions/main/terminal", everything).kind).toBe("allowed");
  expect(decide("GET /v1/sessions/main/terminal", withScopes("read")).kind).toBe("scope-missing");
  expect(decide("WebSocket /status", everything)).toEqual({ kind: "unknown-path" });
  expect(decide("WebSocket /v1/sessions/main/screen", everything)).toEqual({ kind: "unknown-path" });
  expect(decide("GET /v1/sessions//queue", everything)).toEqual({ kind: "unknown-path" });
});
