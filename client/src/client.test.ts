import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ApiError, createClient, UnreachableError, type WorkspaceClient, type WorkspaceEvent } from "./index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

/** A client of a server that has only the given paths. */
async function clientOf(paths: Readonly<Record<string, Handler>>): Promise<WorkspaceClient> {
  return createClient({ baseUrl: `${await serve(paths)}/`, token: "t0ken" });
}

async function serve(paths: Readonly<Record<string, Handler>>): Promise<string> {
  const server = createServer((request, response) => {
    const handler = paths[`${request.method ?? ""} ${request.url ?? ""}`];
    if (handler === undefined) response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json =
  (body: object, status = 200): Handler =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const statusChange = (status: string): string =>
  `event: status_change\ndata: {"status":"${status}","agent_type":"codex"}\n\n`;
const message = (id: number, role: string, content: string): object => ({
  id,
  role,
  content,
  time: "2026-01-01T00:00:00Z",
});

test("a request carries the token, and an answer has its type", async () => {
  let authorization: string | undefined;
  const client = await clientOf({
    "GET /status": (request, response) => {
      authorization = request.headers.authorization;
      json({ status: "stable", agent_type: "codex", transport: "pty" })(request, response);
    },
  });

  await expect(client.status()).resolves.toMatchObject({ status: "stable" });
  expect(authorization).toBe("Bearer t0ken");
});

test("a token that is asked for before each request can be exchanged", async () => {
  const seen: unknown[] = [];
  const baseUrl = await serve({
    "GET /status": (request, response) => {
      seen.push(request.headers.authorization);
      json({ status: "stable", agent_type: "codex", transport: "pty" })(request, response);
    },
  });
  const tokens = ["first", "second", undefined];
  const client = createClient({ baseUrl, token: () => Promise.resolve(tokens.shift()) });

  for (let count = 0; count < 3; count++) await client.status();

  expect(seen).toEqual(["Bearer first", "Bearer second", undefined]);
});

test("a ticket is asked for with its scopes, and goes into an address", async () => {
  let body = "";
  const client = await clientOf({
    "POST /v1/tickets": (request, response) => {
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => json({ ticket: "t/1", expiresAt: "2027-01-31T00:00:00Z" }, 201)(request, response));
    },
  });

  const { ticket } = await client.ticket({ scopes: ["read"] });

  expect(JSON.parse(body)).toEqual({ scopes: ["read"] });
  expect(client.eventsUrl(ticket)).toBe(`${client.baseUrl}/events?ticket=t%2F1`);
  expect(client.terminalUrl(ticket)).toMatch(/^ws:.*\/terminal\?ticket=t%2F1$/);
});

test("an answer that is not what the wire says is refused at the border", async () => {
  const client = await clientOf({ "GET /status": json({ status: "asleep" }) });

  await expect(client.status()).rejects.toThrow(/status/);
});

test("a problem becomes an ApiError with its code, remedy and details", async () => {
  const problem = { title: "Conflict", status: 409, detail: "a turn runs", code: "SESSION_BUSY", remedy: "Wait." };
  const client = await clientOf({
    "POST /message": json({ ...problem, errors: [{ location: "body.content", message: "too early" }] }, 409),
  });

  const error: unknown = await client.sendMessage("hello").catch((caught: unknown) => caught);

  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 409,
    code: "SESSION_BUSY",
    remedy: "Wait.",
    message: "a turn runs (body.content: too early)",
  });
});

test("an answer that is no problem of ours is an ApiError with what it said", async () => {
  const client = await clientOf({});

  await expect(client.messages()).rejects.toMatchObject({ code: "HTTP_404", message: "404 page not found" });
});

test("nobody there is an UnreachableError that names the address", async () => {
  const client = createClient({ baseUrl: "http://127.0.0.1:1" });

  const error: unknown = await client.status().catch((caught: unknown) => caught);

  expect(error).toBeInstanceOf(UnreachableError);
  expect((error as Error).message).toContain("http://127.0.0.1:1");
});

test("readiness is a value, also when the answer is 503", async () => {
  const client = await clientOf({ "GET /readyz": json({ ready: false, state: "failed", reason: "wrong Codex" }, 503) });

  await expect(client.ready()).resolves.toEqual({ ready: false, state: "failed", reason: "wrong Codex" });
});

test("events are read in pieces as they come, heartbeats and unknown kinds left out", async () => {
  const client = await clientOf({
    "GET /events": (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        ': heartbeat\n\nevent: agent_error\ndata: {"level":"warning"}\n\nevent: message_update\ndata: {"id":0,"ro',
      );
      setTimeout(() => response.end(`le":"agent","message":"grüß","time":"t"}\n\n${statusChange("stable")}`), 20);
    },
  });

  const events: WorkspaceEvent[] = [];
  for await (const event of client.events()) events.push(event);

  expect(events.map(({ type }) => type)).toEqual(["message_update", "status_change"]);
  expect(events[0]?.data).toMatchObject({ id: 0, message: "grüß" });
});

test("a prompt returns the answer of its own turn, not that of another sender", async () => {
  const messages = [message(0, "agent", "")];
  const client = await clientOf({
    "GET /messages": (request, response) => json({ messages })(request, response),
    "POST /message": (request, response) => {
      messages.push(message(1, "user", "theirs"), message(2, "agent", "not this"));
      messages.push(message(3, "user", "ours"));
      json({ ok: true })(request, response);
    },
    "GET /events": (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(statusChange("running"));
      setTimeout(() => {
        messages.push(message(4, "agent", "this one"));
        response.write(statusChange("stable"));
      }, 20);
    },
  });

  await expect(client.prompt(" ours\n")).resolves.toMatchObject({ id: 4, content: "this one" });
});

const tooManyStreams: Handler = (request, response) =>
  json({ title: "Too Many", status: 429, detail: "no stream is left", code: "RATE_LIMITED" }, 429)(request, response);
const cutAtOnce: Handler = (_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(statusChange("running"), () => response.destroy());
};

test.each([
  ["is refused", tooManyStreams],
  ["is cut", cutAtOnce],
])("a prompt whose event stream %s returns its answer by the status", async (_, stream) => {
  const messages = [message(0, "agent", "")];
  let asked = 0;
  const client = await clientOf({
    "GET /messages": (request, response) => json({ messages })(request, response),
    "POST /message": (request, response) => {
      messages.push(message(1, "user", "ours"));
      json({ ok: true })(request, response);
    },
    "GET /events": stream,
    "GET /status": (request, response) => {
      asked += 1;
      if (asked === 2) messages.push(message(2, "agent", "this one"));
      const status = asked < 2 ? "running" : "stable";
      json({ status, agent_type: "codex", transport: "pty" })(request, response);
    },
  });

  await expect(client.prompt("ours")).resolves.toMatchObject({ id: 2, content: "this one" });
});

test("a token that may read neither stream nor status is refused", async () => {
  const refused = json({ title: "Forbidden", status: 403, detail: "no", code: "SCOPE_MISSING" }, 403);
  const client = await clientOf({ "GET /events": refused, "GET /status": refused });

  await expect(client.waitUntilStable({ deadlineMs: 5_000 })).rejects.toMatchObject({ code: "SCOPE_MISSING" });
});

test("waiting goes on over a stream that ends in mid-turn", async () => {
  let streams = 0;
  const client = await clientOf({
    "GET /events": (_request, response) => {
      streams += 1;
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(statusChange(streams === 1 ? "running" : "stable"));
    },
  });

  await expect(client.waitUntilStable({ deadlineMs: 5_000 })).resolves.toBe(true);
  expect(streams).toBe(2);
});

test("a deadline that passes is a value; an aborted signal is an error", async () => {
  const busy: Handler = (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(statusChange("running"));
  };
  const client = await clientOf({ "GET /events": busy });

  await expect(client.waitUntilStable({ deadlineMs: 50 })).resolves.toBe(false);
  const reason = new Error("enough");
  await expect(client.waitUntilStable({ deadlineMs: 5_000, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a session that is lost for good ends the wait with its reason", async () => {
  const client = await clientOf({
    "GET /events": (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(statusChange("running"));
    },
    "GET /readyz": json({ ready: false, state: "failed", reason: "Codex failed 5 times" }, 503),
  });

  await expect(client.waitUntilStable({ deadlineMs: 10_000 })).rejects.toMatchObject({
    code: "SESSION_NOT_READY",
    message: "Codex failed 5 times",
  });
});

test("the terminal's URL keeps scheme security and path", () => {
  expect(createClient({ baseUrl: "http://127.0.0.1:3284" }).terminalUrl()).toBe(
    "ws://127.0.0.1:3284/v1/sessions/main/terminal",
  );
  expect(createClient({ baseUrl: "https://example.com/a/" }).terminalUrl()).toBe(
    "wss://example.com/a/v1/sessions/main/terminal",
  );
});
