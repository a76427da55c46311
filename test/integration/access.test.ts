import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

/** fetch sets these headers itself, so the request is written by hand. */
async function statusWithHost({ layout }: TestWorkspace, host: string): Promise<number> {
  const { status } = await rawRequest(layout.listen.port, ["GET /status HTTP/1.1", `Host: ${host}`, bearer]);
  return status;
}
