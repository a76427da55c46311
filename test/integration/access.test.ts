import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { rawRequest } from "../support/raw-http.ts";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";

const bearer = `Authorization: Bearer ${token}`;

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start({ api: { origins: ["https://*.tasks.example"] } });
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe("the token", () => {
  const basic = (password: string): string => `Basic ${Buffer.from(`x:${password}`).toString("base64")}`;

  test.each([
    ["as bearer", `Bearer ${token}`, 200],
    ["as Basic password", basic(token), 200],
    ["absent", undefined, 401],
    ["wrong", "Bearer nonsense", 401],
    ["wrong as Basic password", basic("nonsense"), 401],
    ["of an unknown scheme", `Digest ${token}`, 401],
  ])("%s", async (_, authorization, status) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await workspace.get("/status", headers);
    expect(answer.status).toBe(status);
    if (status === 401) {
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      expect(answer.body).toMatchObject({ code: "TOKEN_INVALID" });
    }
  });

  test.each(["/messages", "/events", "/internal/screen", "/v1/status", "/nothing"])(
    "is needed for %s",
    async (path) => {
      expect((await workspace.get(path, {})).status).toBe(401);
    },
  );

  test.each(["/healthz", "/readyz"])("is not needed for %s", async (path) => {
    expect((await workspace.get(path, {})).status).toBe(200);
  });

  test("is in no line of the log", () => {
    expect(JSON.stringify(workspace.log)).not.toContain(token);
  });
});

describe("the Host header", () => {
  const ask = (host: string): Promise<number> => statusWithHost(workspace, host);

  test.each(["localhost", "LOCALHOST:99", "127.0.0.1:3284", "[::1]:3284"])("%s is allowed", async (host) => {
    expect(await ask(host)).toBe(200);
  });

  test.each(["evil.example", "localhost.", "127.0.0.1.evil.example"])("%s is refused", async (host) => {
    expect(await ask(host)).toBe(400);
  });
});

describe("the Origin header", () => {
  const prompt = { type: "raw", content: "" };
  const from = (origin: string): Record<string, string> => ({ ...authorized, origin });

  test("a foreign page may change nothing", async () => {
    const answer = await workspace.post("/message", prompt, from("https://evil.example"));
    expect(answer.status).toBe(403);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each(["https://a.tasks.example", "https://b.tasks.example"])("%s may", async (origin) => {
    const answer = await workspace.post("/message", prompt, from(origin));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
  });

  test("our own page may", async () => {
    expect((await workspace.post("/message", prompt, from(workspace.url))).status).toBe(200);
  });

  test("a preflight is answered without a token, and allows what the list allows", async () => {
    const preflight = async (origin: string): Promise<Headers> => {
      const headers = {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      const answer = await fetch(`${workspace.url}/message`, { method: "OPTIONS", headers });
      expect(answer.status).toBe(200);
      return answer.headers;
    };
    expect((await preflight("https://a.tasks.example")).get("access-control-allow-methods")).toBe("POST");
    expect((await preflight("https://evil.example")).get("access-control-allow-methods")).toBeNull();
  });
});

describe("every answer", () => {
  const safe = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };

  test.each([
    ["/status", 200],
    ["/healthz", 200],
    ["/nothing", 404],
  ])("%s says how browsers are to treat it", async (path, status) => {
    const answer = await workspace.get(path);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject(safe);
  });

  test("also where nobody is let in, and to a WebSocket", async () => {
    expect(Object.fromEntries((await workspace.get("/status", {})).headers)).toMatchObject(safe);
    const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal`);
    const refused = once(socket, "unexpected-response") as Promise<[unknown, IncomingMessage]>;
    socket.on("error", () => undefined);
    const [, answer] = await refused;
    expect([answer.statusCode, answer.headers]).toEqual([401, expect.objectContaining(safe)]);
    expect(JSON.parse(await text(answer))).toMatchObject({ code: "TOKEN_INVALID" });
  });
});

describe("a request that asks too much", () => {
  test("a head beyond 16 KiB is 431", async () => {
    const withHeader = async (length: number): Promise<number> => {
      const lines = ["GET /status HTTP/1.1", "Host: localhost", bearer, `X: ${"x".repeat(length)}`];
      return (await rawRequest(workspace.layout.listen.port, lines)).status;
    };
    expect([await withHeader(15_000), await withHeader(17_000)]).toEqual([200, 431]);
  });

  test("a head that does not come is 408, after seconds", async () => {
    const socket = connect(workspace.layout.listen.port, "127.0.0.1");
    const began = performance.now();
    socket.write("GET /status HTTP/1.1\r\nHost: localhost\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

/** fetch sets these headers itself, so the request is written by hand. */
async function statusWithHost({ layout }: TestWorkspace, host: string): Promise<number> {
  const { status } = await rawRequest(layout.listen.port, ["GET /status HTTP/1.1", `Host: ${host}`, bearer]);
  return status;
}
