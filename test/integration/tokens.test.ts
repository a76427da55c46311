import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { type RawAnswer, rawRequest } from "../support/raw-http.ts";
import { serverSentEvents } from "../support/workspace-http.ts";
import { secretOf, TestWorkspace, token, until } from "../support/workspace.ts";

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
async function knock(workspace: TestWorkspace, headers: Record<string, string>, query = ""): Promise<number> {
  const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal${query}`, {
    headers,
  });
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

  test.each([
    ["of no token", "GET", {}, 401],
    ["of an unknown token", "GET", { authorization: "Bearer nonsense" }, 401],
    ["of an expired token", "GET", former, 401],
    ["of a token that may not read", "GET", prompter, 403],
    ["to another host", "GET", { ...reader, host: "evil.example" }, 400],
    ["of a foreign page that would change something", "POST", { ...reader, origin: "https://evil.example" }, 403],
    ["of a preflight", "OPTIONS", { origin: "https://evil.example", "access-control-request-method": "GET" }, 200],
    ["of another method", "DELETE", reader, 405],
    ["of HEAD", "HEAD", reader, 405],
  ])("a request %s is answered alike, before express and by it", async (_, method, headers, status) => {
    const ask = async (path: string): Promise<RawAnswer> => {
      const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}`);
      const answer = await rawRequest(workspace.layout.listen.port, [`${method} ${path} HTTP/1.1`, ...lines]);
      return { ...answer, headers: answer.headers.filter((line) => !line.startsWith("Date:")) };
    };
    const byExpress = await ask("/messages");
    // What both paths serve beside GET is the same: nothing.
    for (const path of ["/status", "/events"]) expect(await ask(path)).toEqual({ ...byExpress, status });
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

describe("a ticket", () => {
  const page = { name: "page", token: { env: "PAGE" }, scopes: ["read", "terminal"] } as const;
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await TestWorkspace.start({ api: { tokens: [page] } });
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  const ticketFor = async (body: object = {}): Promise<string> => {
    const answer = await workspace.post("/v1/tickets", body, bearer("PAGE"));
    expect(answer.status).toBe(201);
    expect(Date.parse(String(answer.body["expiresAt"])) - Date.now()).toBeLessThanOrEqual(30_000);
    return String(answer.body["ticket"]);
  };
  /** Opens and leaves. */
  const open = async (path: string): Promise<number> => {
    const leaving = new AbortController();
    const response = await fetch(workspace.url + path, { signal: leaving.signal });
    leaving.abort();
    return response.status;
  };

  test("opens a stream without a header, once", async () => {
    const ticket = await ticketFor();
    expect(await open(`/events?ticket=${ticket}`)).toBe(200);
    const again = await workspace.get(`/events?ticket=${ticket}`, {});
    expect([again.status, again.body["code"]]).toEqual([401, "TICKET_INVALID"]);
  });

  test("opens the terminal without a header, once", async () => {
    const address = `?ticket=${await ticketFor()}`;
    expect([await knock(workspace, {}, address), await knock(workspace, {}, address)]).toEqual([101, 401]);
  });

  test("has the scopes that were asked for, and none that its token lacks", async () => {
    const reading = await ticketFor({ scopes: ["read"] });
    expect(await knock(workspace, {}, `?ticket=${reading}`)).toBe(403);
    const refused = await workspace.post("/v1/tickets", { scopes: ["read", "admin"] }, bearer("PAGE"));
    expect([refused.status, refused.body["detail"]]).toEqual([403, "the token lacks the scope `admin`"]);
  });

  test("opens nothing that does not stay open, and is not spent by that", async () => {
    const ticket = await ticketFor();
    expect(await open(`/messages?ticket=${ticket}`)).toBe(401);
    expect(await open(`/events?ticket=${ticket}`)).toBe(200);
  });

  test("ends with its token", async () => {
    const ticket = await ticketFor();
    await workspace.exchangeTokens({ api: { tokens: [{ ...page, token: { env: "PAGE_2" } }] } });
    await until(async () => (await workspace.get("/status", bearer("PAGE"))).status === 401, "the exchange");
    expect(await open(`/events?ticket=${ticket}`)).toBe(401);
    await workspace.exchangeTokens({ api: { tokens: [page] } });
    await until(async () => (await workspace.get("/status", bearer("PAGE"))).status === 200, "the exchange");
  });

  test("is not given for what is no request for one", async () => {
    const status = async (body: unknown, headers: Record<string, string> = {}): Promise<number> =>
      (await workspace.post("/v1/tickets", body, { ...bearer("PAGE"), ...headers })).status;
    expect(await status({ scopes: [] })).toBe(422);
    expect(await status({ scope: ["read"] })).toBe(422);
    expect(await status("{")).toBe(400);
    expect(await status("{}", { "content-type": "text/plain" })).toBe(415);
    expect((await workspace.post("/v1/tickets", {}, {})).status).toBe(401);
  });
});

test("no token, ticket or key is in the log, and in no answer but the one that gives a ticket", async () => {
  const marked = ["READER", "FORMER"].map((env) => secretOf({ env }).reveal());
  const modelKey = secretOf({ env: "MODEL_KEY" }).reveal();
  await using model = await startScriptedModel();
  await using workspace = await TestWorkspace.create();
  await workspace.start({
    modelProvider: { baseUrl: model.url, apiKey: { env: "MODEL_KEY" } },
    api: { tokens: tokens.filter(({ name }) => name === "reader" || name === "former") },
  });
  await workspace.ready();
  const answers: unknown[] = [];
  const ask = async (path: string, headers: Record<string, string>): Promise<void> => {
    const { body, headers: given } = await workspace.get(path, headers);
    answers.push(body, Object.fromEntries(given));
  };
  const wrong = "value-of-nobody";
  const { ticket } = (await workspace.post("/v1/tickets", {}, reader)).body as { ticket: string };

  await ask("/status", reader);
  await ask("/status", former);
  await ask("/status", { authorization: `Bearer ${wrong}` });
  await ask("/status", { authorization: `Basic ${Buffer.from(`x:${wrong}`).toString("base64")}` });
  await ask(`/nothing?ticket=${ticket}`, reader);
  await ask(`/messages?ticket=${ticket}`, {});
  await knock(workspace, {}, `?ticket=${ticket}`);
  await ask(`/events?ticket=${ticket}`, {});
  await workspace.writeTokens(`{ "tokens": ["${wrong}"] }`);
  await until(() => workspace.log.some(({ level }) => level === 40), "the wrapper to say that it cannot read them");
  await workspace.ask("#model: say hello");
  await workspace.stop();

  const said = JSON.stringify([workspace.log, answers]);
  expect(said).toContain("tokens.json cannot be read");
  for (const secret of [...marked, token, wrong, ticket, modelKey]) expect(said).not.toContain(secret);
});

describe("while the wrapper runs", () => {
  const ci = { name: "ci", token: { env: "CI" }, scopes: ["read", "terminal"] } as const;
  const watcher = { name: "watcher", token: { env: "WATCHER" }, scopes: ["read"] } as const;
  let workspace: TestWorkspace;
  beforeAll(async () => {
    workspace = await TestWorkspace.start({ api: { tokens: [ci, watcher] } });
  });
  beforeEach(async () => {
    await workspace.exchangeTokens({ api: { tokens: [ci, watcher] } });
    await until(() => isLetIn(bearer("CI")), "the tokens of the test");
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  const isLetIn = async (headers: Record<string, string>): Promise<boolean> =>
    (await workspace.get("/status", headers)).status === 200;

  /** A stream of events, and whether it is still open. */
  const follow = async (headers: Record<string, string>): Promise<{ isOpen: () => boolean }> => {
    const response = await fetch(`${workspace.url}/events`, { headers });
    const events = serverSentEvents(response);
    await events.next();
    let isOpen = true;
    void (async () => {
      while (!(await events.next()).done);
    })()
      .catch(() => undefined)
      .finally(() => (isOpen = false));
    return { isOpen: () => isOpen };
  };

  test("an exchanged token ends at once with its streams and sockets, and no other one", async () => {
    const [theirs, others] = [await follow(bearer("CI")), await follow(bearer("WATCHER"))];
    const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal`, {
      headers: bearer("CI"),
    });
    await once(socket, "message");
    const closed = once(socket, "close") as Promise<[number]>;

    await workspace.exchangeTokens({ api: { tokens: [{ ...ci, token: { env: "CI_2" } }, watcher] } });

    await until(() => !theirs.isOpen(), "the stream of the former token to end", 2_000);
    expect((await closed)[0]).toBe(1008);
    expect([await isLetIn(bearer("CI")), await isLetIn(bearer("CI_2"))]).toEqual([false, true]);
    expect([others.isOpen(), await isLetIn(bearer("WATCHER"))]).toEqual([true, true]);
  });

  test("a scope that is taken away ends what it allowed, and nothing else", async () => {
    const stream = await follow(bearer("CI"));
    const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal`, {
      headers: bearer("CI"),
    });
    const closed = once(socket, "close") as Promise<[number]>;
    await once(socket, "message");

    await workspace.exchangeTokens({ api: { tokens: [{ ...ci, scopes: ["read"] }, watcher] } });

    expect((await closed)[0]).toBe(1008);
    expect(stream.isOpen()).toBe(true);
  });

  test("a stream ends when its token expires", async () => {
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    await workspace.exchangeTokens({ api: { tokens: [{ ...ci, token: { env: "BRIEF" }, expiresAt }, watcher] } });
    await until(() => isLetIn(bearer("BRIEF")), "the brief token");
    const stream = await follow(bearer("BRIEF"));
    await until(() => !stream.isOpen(), "the stream to end", 4_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect((await workspace.get("/status", bearer("BRIEF"))).body).toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  test("a file that is half written changes nothing", async () => {
    const before = workspace.log.length;
    await workspace.writeTokens('{ "tokens": [');
    await until(() => workspace.log.slice(before).some(({ level }) => level === 40), "the wrapper to say so");
    expect([await isLetIn(bearer("CI")), await isLetIn(bearer("CI_2"))]).toEqual([true, false]);
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
