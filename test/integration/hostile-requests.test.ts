import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fuzzBodies } from "../fuzz/bodies.ts";
import { fuzzFrames } from "../fuzz/frames.ts";
import { startFuzzedWorkspace, tokenWith } from "../fuzz/fuzzed-workspace.ts";
import { fuzzTargets } from "../fuzz/targets.ts";
import { rawRequest } from "../support/raw-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;
const seed = randomBytes(4).toString("hex");

beforeAll(async () => {
  workspace = await startFuzzedWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const prompter = { authorization: `Bearer ${tokenWith("prompt")}` };
const reader = { authorization: `Bearer ${tokenWith("read")}` };
const admin = { authorization: `Bearer ${tokenWith("admin")}` };

const ask = (line: string, headers: Record<string, string>, ...more: string[]) =>
  rawRequest(workspace.layout.listen.port, [
    `${line} HTTP/1.1`,
    "Host: localhost",
    `Authorization: ${headers["authorization"] ?? ""}`,
    ...more,
  ]);

describe("an address that two parsers would read differently", () => {
  test.each([
    "DELETE /v1/sessions/victim#/prompts/x",
    "POST /v1/sessions/main\\a@b\\approvals\\ID\\decision#/fork",
    "POST http://a@b/v1/sessions/main/approvals/ID/decision#/fork",
    "GET /v1/sessions/main/../../audit",
    "GET *",
  ])("%s is 400 with a code", async (line) => {
    const { status, body } = await ask(line, prompter);
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([400, "REQUEST_INVALID"]);
  });

  test("a bare authority is 400", async () => {
    // Node's parser of heads refuses it before any code of ours.
    expect((await ask("GET localhost:3284", prompter)).status).toBe(400);
  });

  test("a session is deleted by its administrator alone", async () => {
    await workspace.post("/v1/sessions", { name: "victim" }, admin);
    expect((await ask("DELETE /v1/sessions/victim#/prompts/x", prompter)).status).toBe(400);
    expect((await workspace.get("/v1/sessions/victim", reader)).status).toBe(200);
    expect((await ask("DELETE /v1/sessions/victim", prompter)).status).toBe(403);
    expect((await ask("DELETE /v1/sessions/victim", admin)).status).toBe(204);
  });
});

describe("a target in absolute form", () => {
  test.each([
    ["http://localhost/status", 200],
    ["HTTP://127.0.0.1:1/status", 200],
    ["http://localhost/v1/sessions/main/queue", 200],
    ["http://evil.example/status", 400],
    ["http://a@localhost/status", 400],
  ])("%s is answered with %i", async (target, status) => {
    expect((await ask(`GET ${target}`, reader)).status).toBe(status);
  });
});

test("OPTIONS * is answered about no operation", async () => {
  const { status, headers, body } = await ask("OPTIONS *", {});
  expect([status, body, headers.filter((header) => /^allow/i.test(header))]).toEqual([200, "", []]);
});

describe("an upgrade", () => {
  const h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];

  test.each([
    ["GET /status", reader, 200],
    ["GET /healthz", {}, 200],
    ["GET /openapi.json", {}, 200],
    ["GET /v1/sessions/main/terminal", { authorization: `Bearer ${tokenWith("terminal")}` }, 426],
    ["GET /nothing", reader, 404],
  ])("to h2c of %s is ignored", async (line, headers: Record<string, string>, status) => {
    expect((await ask(line, headers, ...h2c, "Connection: close")).status).toBe(status);
  });

  test("to a WebSocket elsewhere is ignored", async () => {
    const websocket = ["Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    expect((await ask("GET /status", reader, ...websocket)).status).toBe(200);
  });
});

test("each operation that was authorised is the operation that ran", async () => {
  const figures = await fuzzTargets(workspace, { seed, count: 1_500 });
  expect(figures["legal, answered as in their plain form"]).toBeGreaterThan(200);
});

test("a malformed frame closes its own socket alone, and the audit names its token", async () => {
  const figures = await fuzzFrames(workspace, { seed, count: 400 });
  expect(figures["audit: terminal/closed with its problem"]).toBeGreaterThan(20);
});

test("no body is answered with a 5xx", async () => {
  const figures = await fuzzBodies(workspace, { seed, count: 500 });
  expect(figures["status 422"]).toBeGreaterThan(50);
});

test("a multipart boundary beyond 256 characters is 422", async () => {
  const type = { "content-type": `multipart/form-data; boundary=${"b".repeat(300)}` };
  expect((await workspace.post("/upload", "--b--", { ...prompter, ...type })).status).toBe(422);
});

describe("a prompt with an Idempotency-Key, sent again", () => {
  const secret = "#model: say what only readers see";
  const send = async (headers: Record<string, string>): Promise<Record<string, unknown>> => {
    const withKey = { ...headers, "idempotency-key": "same" };
    const { status, body } = await own.post("/v1/sessions/main/prompts", { input: secret }, withKey);
    expect(status).toBe(202);
    return body;
  };
  let own: TestWorkspace;
  beforeAll(async () => {
    own = await startFuzzedWorkspace();
  });
  afterAll(() => own[Symbol.asyncDispose]());

  test("tells a token without read what it told first", async () => {
    const first = await send(prompter);
    await own.ended(first["id"]);
    expect(await send(prompter)).toEqual(first);
    expect(first["state"]).toBe("queued");
  });

  test("tells a token with read the result, and is no other token's", async () => {
    const { id } = await send(authorized);
    expect(id).not.toBe((await send(prompter))["id"]);
    await own.ended(id);
    expect(await send(authorized)).toMatchObject({ id, state: "completed", finalMessage: "what only readers see" });
  });
});

test("an origin with letters beyond ASCII is allowed, and every page is served", async () => {
  await using other = await TestWorkspace.start({ api: { origins: ["https://*.пример.example"] } });
  const { status, headers } = await other.get("/chat/embed", {});
  expect([status, headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringContaining("frame-ancestors 'self' https://*.xn--e1afmkfd.example"),
  ]);
});
