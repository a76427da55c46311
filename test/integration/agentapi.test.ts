import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "../support/raw-http.ts";
import { authorized, TestWorkspace, token, until } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start({ api: { origins: ["https://tasks.example"] } });
});
afterAll(() => workspace[Symbol.asyncDispose]());

const bearer = `Authorization: Bearer ${token}`;
/** A message that does nothing. */
const noKeys = JSON.stringify({ type: "raw", content: "" });
const anyText = expect.any(String) as string;
const request = (method: string, path: string, headers: Record<string, string> = authorized): Promise<Response> =>
  fetch(workspace.url + path, { method, headers, redirect: "manual" });

describe("routing", () => {
  test.each([
    ["DELETE", "/status", "GET"],
    ["POST", "/messages", "GET"],
    ["PUT", "/message", "POST"],
    ["GET", "/message", "POST"],
    ["POST", "/events", "GET"],
    ["PATCH", "/internal/screen", "GET"],
    ["OPTIONS", "/status", "GET"],
    ["HEAD", "/status", "GET"],
    ["HEAD", "/messages", "GET"],
    ["HEAD", "/events", "GET"],
    ["POST", "/v1/status", "GET"],
    ["POST", "/healthz", "GET, HEAD"],
  ])("%s %s is 405 with what is allowed, and no body", async (method, path, allow) => {
    const answer = await request(method, path);
    expect([answer.status, answer.headers.get("allow"), await answer.text()]).toEqual([405, allow, ""]);
  });

  test.each(["/healthz", "/readyz"])("HEAD %s is answered, for probes", async (path) => {
    const answer = await request("HEAD", path, {});
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  test.each(["/nothing", "/status/", "/Status", "/status/x", "//status"])("%s is 404 in plain text", async (path) => {
    const answer = await request("GET", path);
    expect([answer.status, await answer.text()]).toEqual([404, "404 page not found\n"]);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });
});

describe("an answer", () => {
  test("is JSON with $schema first, and a Link to it", async () => {
    const answer = await request("GET", "/status");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("link")).toBe('</schemas/StatusResponseBody.json>; rel="describedBy"');
    const $schema = `${workspace.url}/schemas/StatusResponseBody.json`;
    expect(await answer.text()).toBe(
      `${JSON.stringify({ $schema, status: "stable", agent_type: "codex", transport: "pty" })}\n`,
    );
  });

  test("names https where the Host is none of this machine", async () => {
    await using behindProxy = await TestWorkspace.start({ api: { hosts: ["*"] } });
    const lines = ["GET /status HTTP/1.1", "Host: tasks.example", bearer];
    const { body } = await rawRequest(behindProxy.layout.listen.port, lines);
    expect(JSON.parse(body)).toMatchObject({ $schema: "https://tasks.example/schemas/StatusResponseBody.json" });
  });

  test("to a Host that is not allowed is 400 in plain text, with those that are; also for pages, streams and preflights", async () => {
    for (const line of ["GET /status", "GET /docs", "GET /chat/embed", "GET /events", "OPTIONS /message"]) {
      const lines = [`${line} HTTP/1.1`, "Host: evil.example", "Access-Control-Request-Method: POST", bearer];
      const { status, headers, body } = await rawRequest(workspace.layout.listen.port, lines);
      expect([status, body]).toEqual([400, "Invalid host header. Allowed hosts: localhost, 127.0.0.1, ::1\n"]);
      expect(headers).toContain("Content-Type: text/plain; charset=utf-8");
    }
  });
});

describe("server-sent events", () => {
  test.each(["/events", "/internal/screen"])(
    "%s has the headers that keep proxies from holding it back",
    async (path) => {
      const leaving = new AbortController();
      const { status, headers } = await fetch(workspace.url + path, { headers: authorized, signal: leaving.signal });
      leaving.abort();
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-store, must-revalidate",
        pragma: "no-cache",
        expires: "0",
        "x-accel-buffering": "no",
        "x-proxy-buffering": "no",
        connection: "keep-alive",
      });
    },
  );

  test("an event is two lines and a blank one", async () => {
    const leaving = new AbortController();
    const { body } = await fetch(`${workspace.url}/events`, { headers: authorized, signal: leaving.signal });
    let text = "";
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (/status_change.*\n.*\n\n$/.test(text)) break;
    }
    leaving.abort();
    expect(text).toMatch(/^(event: message_update\ndata: \{.*\}\n\n)+event: status_change\ndata: \{.*\}\n\n$/);
  });
});

describe("raw", () => {
  test("keys go to the terminal as they are, also while a turn runs; they are no message, and no Enter is added", async () => {
    const screen = await workspace.followScreen();
    await workspace.prompt("#model: wait 1500ms\n#model: say done");
    const before = await workspace.messages();
    const answer = await workspace.post("/message", { type: "raw", content: "  typed, not sent" });
    expect([answer.status, answer.body["ok"]]).toEqual([200, true]);
    expect((await workspace.get("/status")).body["status"]).toBe("running");
    await until(() => screen().includes("typed, not sent"), "the keys to be on the screen");
    await workspace.stable();
    expect(screen()).toContain("typed, not sent");
    expect((await workspace.messages()).length).toBeLessThanOrEqual(before.length + 1);
    await workspace.post("/message", { type: "raw", content: "\u0015" });
  });
});

describe("cross-origin requests", () => {
  const ofPreflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, content-type",
  };
  const cors = ({ headers }: Response): string[] =>
    [...headers.keys()].filter((name) => name.startsWith("access-control-")).sort();

  test("an allowed page reads answers", async () => {
    const answer = await request("GET", "/status", { ...authorized, origin: "https://tasks.example" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://tasks.example");
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
    expect(answer.headers.get("access-control-expose-headers")).toBe("Link");
    expect(answer.headers.get("vary")).toBe("Origin");
  });

  test("a foreign page that only asks is served, and cannot read it", async () => {
    const answer = await request("GET", "/status", { ...authorized, origin: "https://evil.example" });
    expect([answer.status, cors(answer)]).toEqual([200, []]);
  });

  test("an allowed page's preflight is answered whole, without a token", async () => {
    const answer = await request("OPTIONS", "/message", { ...ofPreflight, origin: "https://tasks.example" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://tasks.example");
    expect(answer.headers.get("access-control-allow-methods")).toBe("POST");
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization, content-type");
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
    expect(answer.headers.get("access-control-max-age")).toBe("300");
    expect(answer.headers.get("vary")).toBe("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  });

  test("a foreign page's preflight is 200 and allows nothing", async () => {
    const answer = await request("OPTIONS", "/message", { ...ofPreflight, origin: "https://evil.example" });
    expect([answer.status, cors(answer)]).toEqual([200, []]);
  });
});

describe("a message that is none", () => {
  test.each([
    ["no JSON", "{", 400, "validation failed", [{ location: "body", message: anyText, value: "{" }]],
    ["empty", "", 400, "request body is required", undefined],
    [
      "a property missing",
      { type: "user" },
      422,
      "validation failed",
      [{ location: "body", message: "expected required property content to be present", value: { type: "user" } }],
    ],
    [
      "white space only",
      { type: "user", content: " \n\t" },
      422,
      "message must not be empty",
      [{ location: "body.content", message: "message must not be empty", value: " \n\t" }],
    ],
    ["1 MiB", noKeys.padEnd(1_048_576), 413, "request body is too large limit=1048576 bytes", undefined],
  ])("%s", async (_, body, status, detail, errors) => {
    const answer = await workspace.post("/message", body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("link")).toBe('</schemas/ErrorModel.json>; rel="describedBy"');
    expect(answer.body).toMatchObject({ status, detail, title: anyText, code: anyText });
    expect(answer.body["$schema"]).toBe(`${workspace.url}/schemas/ErrorModel.json`);
    expect(answer.body["errors"]).toEqual(errors);
    expect("errors" in answer.body).toBe(errors !== undefined);
  });

  test("one byte less than 1 MiB is a message", async () => {
    const body = noKeys.padEnd(1_048_575);
    const { status } = await workspace.post("/message", body);
    expect(status).toBe(200);
  });

  test("text/plain is 415, no Content-Type is JSON, and so is */*+json", async () => {
    const body = noKeys;
    const type = async (...contentType: string[]): Promise<number> => {
      const lines = ["POST /message HTTP/1.1", "Host: localhost", bearer, `Content-Length: ${body.length}`];
      const { status } = await rawRequest(workspace.layout.listen.port, [...lines, ...contentType], body);
      return status;
    };
    expect(await type("Content-Type: text/plain")).toBe(415);
    expect(await type()).toBe(200);
    expect(await type("Content-Type: application/vnd.any+json;charset=utf-8")).toBe(200);
  });

  test("a body that does not come is 408, and the connection ends", { timeout: 15_000 }, async () => {
    const lines = ["POST /message HTTP/1.1", "Host: localhost", bearer, "Content-Length: 100"];
    const answer = await rawRequest(workspace.layout.listen.port, lines, "{");
    expect(answer.status).toBe(408);
    expect(answer.headers).toContain("Connection: close");
    expect(JSON.parse(answer.body)).toMatchObject({ detail: "request body read timeout", code: "BODY_TIMED_OUT" });
  });
});

describe("the text of a message", () => {
  const sent = async (content: string): Promise<string | undefined> => {
    const before = (await workspace.messages()).length;
    const answer = await workspace.post("/message", `{"type": "user", "content": "${content}"}`);
    expect(answer.status).toBe(200);
    const text = (await workspace.messages())[before]?.content;
    await workspace.stable();
    return text;
  };

  test("what is escaped comes back as the character", async () => {
    expect(await sent(String.raw`\u003ca\u003e & \"q\" \\ \/ \u0000\u001b \ud83d\ude00`)).toBe(
      '<a> & "q" \\ / \0\u001b \u{1F600}',
    );
  });

  test("half a surrogate pair is U+FFFD", async () => {
    expect(await sent(String.raw`a\ud800b`)).toBe("a\uFFFDb");
  });

  test("what is no UTF-8 is U+FFFD", async () => {
    const body = Buffer.concat([
      Buffer.from('{"type": "user", "content": "a'),
      Buffer.from([0xff]),
      Buffer.from('b"}'),
    ]);
    const lines = ["POST /message HTTP/1.1", "Host: localhost", bearer, `Content-Length: ${body.length}`];
    const before = (await workspace.messages()).length;
    expect((await rawRequest(workspace.layout.listen.port, lines, body)).status).toBe(200);
    await workspace.stable();
    expect((await workspace.messages())[before]?.content).toBe("a\uFFFDb");
  });
});
