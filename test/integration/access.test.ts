import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";

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

describe("a body that is no message", () => {
  test.each([
    ["no JSON", "{", 400, { detail: "validation failed", errors: [{ location: "body" }] }],
    ["empty", "", 400, { detail: "request body is required" }],
    ["no object", "[]", 422, { errors: [{ message: "expected object", location: "body" }] }],
    [
      "content missing",
      { type: "user" },
      422,
      { errors: [{ message: "expected required property content to be present" }] },
    ],
    ["content no string", { type: "user", content: 42 }, 422, { errors: [{ location: "body.content", value: 42 }] }],
    [
      "type unknown",
      { type: "x", content: "" },
      422,
      { errors: [{ message: 'expected value to be one of "user, raw"' }] },
    ],
    ["a property too many", { type: "user", content: "a", x: 1 }, 422, { errors: [{ location: "body.x" }] }],
    ["white space only", { type: "user", content: " \n\t" }, 422, { detail: "message must not be empty" }],
    [
      "1 MiB",
      { type: "user", content: "x".repeat(1_048_576) },
      413,
      { detail: "request body is too large limit=1048576 bytes" },
    ],
  ])("%s", async (_, body, status, problem) => {
    const answer = await workspace.post("/message", body);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ status, ...problem });
    expect(answer.status).toBe(status);
  });

  test("text/plain is refused, no Content-Type is JSON", async () => {
    const body = JSON.stringify({ type: "raw", content: "" });
    const plain = await workspace.post("/message", body, { ...authorized, "content-type": "text/plain" });
    expect(plain.status).toBe(415);
    expect(await statusWithoutContentType(workspace, body)).toBe(200);
  });
});

test("an unknown path is 404, as AgentAPI says it", async () => {
  const answer = await workspace.get("/nothing");
  expect([answer.status, answer.body["text"]]).toEqual([404, "404 page not found\n"]);
});

/** fetch sets these headers itself, so the request is written by hand. */
async function statusWithHost({ layout }: TestWorkspace, host: string): Promise<number> {
  return rawStatus(
    layout.listen.port,
    `GET /status HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n`,
    "",
  );
}

async function statusWithoutContentType({ layout }: TestWorkspace, body: string): Promise<number> {
  const head = `POST /message HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n`;
  return rawStatus(layout.listen.port, head, body);
}

async function rawStatus(port: number, head: string, body: string): Promise<number> {
  const { connect } = await import("node:net");
  const { text } = await import("node:stream/consumers");
  const socket = connect(port, "127.0.0.1");
  socket.write(`${head}Connection: close\r\n\r\n${body}`);
  const answer = await text(socket);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}
