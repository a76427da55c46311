import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { secretOf, TestWorkspace } from "../support/workspace.ts";

const bearer = (env: string): Record<string, string> => ({
  authorization: `Bearer ${secretOf({ env }).reveal()}`,
});

const reader = bearer("READER");
const prompter = bearer("PROMPTER");
const person = bearer("PERSON");
const former = bearer("FORMER");

const tokens = [
  { name: "reader", token: { env: "READER" }, scopes: ["read"] },
  { name: "prompter", token: { env: "PROMPTER" }, scopes: ["prompt"] },
  { name: "person", token: { env: "PERSON" }, scopes: ["terminal"], expiresAt: "2999-12-31T00:00:00Z" },
  { name: "former", token: { env: "FORMER" }, scopes: ["read"], expiresAt: "2020-01-31T00:00:00Z" },
] as const;

/** The status that answers a WebSocket: 101, or the one that refuses it. */
async function knock(workspace: TestWorkspace, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal`, { headers });
  const refused = once(socket, "unexpected-response") as Promise<[unknown, { statusCode: number }]>;
  const status = await Promise.race([
    refused.then(([, { statusCode }]) => statusCode),
    once(socket, "upgrade").then(() => 101),
  ]);
  socket.on("error", () => undefined).terminate();
  return status;
}

describe("with tokens of their own scopes", () => {
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await TestWorkspace.start({ api: { tokens } });
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  const send = async (type: string, headers: Record<string, string>): Promise<number> =>
    (await workspace.post("/message", { type, content: type === "user" ? "#model: say hello" : "" }, headers)).status;

  test("a reader reads and sends nothing", async () => {
    expect((await workspace.get("/messages", reader)).status).toBe(200);
    expect((await workspace.get("/v1/status", reader)).status).toBe(200);
    expect([await send("user", reader), await send("raw", reader), await knock(workspace, reader)]).toEqual([
      403, 403, 403,
    ]);
  });

  test("a prompter prompts, and neither reads nor presses keys", async () => {
    expect([await send("user", prompter), await send("raw", prompter)]).toEqual([200, 403]);
    expect((await workspace.get("/messages", prompter)).status).toBe(403);
    expect(await knock(workspace, prompter)).toBe(403);
    await workspace.stable();
  });

  test("a person at the terminal presses keys, and prompts by them alone", async () => {
    expect([await send("raw", person), await send("user", person), await knock(workspace, person)]).toEqual([
      200, 403, 101,
    ]);
  });

  test("a refusal names the scope and what to do", async () => {
    expect((await workspace.post("/message", { type: "raw", content: "" }, prompter)).body).toMatchObject({
      status: 403,
      code: "SCOPE_MISSING",
      detail: "the token lacks the scope `terminal`",
      remedy: expect.stringContaining("api.tokens") as unknown,
    });
  });

  test("an expired token says so, and is nobody", async () => {
    const answer = await workspace.get("/status", former);
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    expect([answer.status, answer.body]).toEqual([
      401,
      expect.objectContaining({ code: "TOKEN_EXPIRED", detail: "the token has expired" }),
    ]);
    expect(await knock(workspace, former)).toBe(401);
  });

  test("what is served by nothing is 404, another method 405 with those there are", async () => {
    expect((await workspace.get("/v1/nothing", reader)).status).toBe(404);
    const answer = await fetch(`${workspace.url}/status`, { method: "DELETE", headers: reader });
    expect([answer.status, answer.headers.get("allow"), await answer.text()]).toEqual([405, "GET", ""]);
  });
});

describe("without tokens", () => {
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await TestWorkspace.start({ api: { auth: "none", origins: ["https://tasks.example"] } });
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  test("everybody on this machine may do everything", async () => {
    expect((await workspace.get("/messages", {})).status).toBe(200);
    expect((await workspace.post("/message", { type: "raw", content: "" }, {})).status).toBe(200);
    expect(await knock(workspace, {})).toBe(101);
  });

  test("a foreign page may not even read", async () => {
    const from = (origin: string): Promise<number> =>
      workspace.get("/messages", { origin }).then(({ status }) => status);
    expect(await from("https://evil.example")).toBe(403);
    expect(await from("https://tasks.example")).toBe(200);
    expect(await from(workspace.url)).toBe(200);
    expect((await workspace.get("/messages", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(await knock(workspace, { origin: "https://evil.example" })).toBe(403);
  });

  test("a page by another name of this address is refused", async () => {
    expect(await knock(workspace, { host: "evil.example" })).toBe(400);
  });
});

test("a wrapper refuses to do without tokens where others reach it", async () => {
  await using workspace = await TestWorkspace.create();
  const everywhere = { ...workspace.layout, listen: { ...workspace.layout.listen, host: "0.0.0.0" } };
  await workspace.start({ api: { auth: "none" } }, everywhere);
  expect(await workspace.exitCode()).toBe(1);
  expect(JSON.stringify(workspace.log)).toContain("WRAPPER_CONFIG_INVALID");
});
