import { once } from "node:events";
import { type EventContent, type Operation, operations } from "@codex-workspace/api";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { rawRequest } from "../support/raw-http.ts";
import { serverSentEvents, until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start({ api: { origins: ["https://tasks.example"] } });
  await workspace.stable();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const get = (path: string, method = "GET"): Promise<Response> =>
  fetch(workspace.url + path, { method, redirect: "manual" });

describe("an operation as the documents have it", () => {
  /** The example of each, in an order in which they work; what has to be there first. */
  const inOrder: readonly (readonly [operationId: string, prepare?: () => Promise<unknown>])[] = [
    ["get-health"],
    ["get-readiness"],
    ["get-workspace-status"],
    ["get-status"],
    ["get-messages"],
    ["post-message"],
    ["post-upload"],
    ["subscribeEvents"],
    ["post-ticket"],
    ["create-session"],
    ["list-sessions"],
    ["get-session"],
    ["get-queue"],
    ["pause-queue"],
    ["send-prompt"],
    ["cancel-prompt", async () => know("prompt", (await prompts("queued"))[0]?.id)],
    ["resume-queue"],
    ["get-prompt", async () => know("prompt", await finished("#model: run echo hello"))],
    ["list-prompts"],
    ["list-items"],
    ["get-approval", async () => know("approval", await asked("#model: run-escalated touch made"))],
    ["list-approvals"],
    ["decide-approval"],
    ["get-audit"],
    ["get-metrics"],
    ["interrupt-session", () => running("#model: hang")],
    ["subscribe-session-events"],
    ["open-terminal"],
    ["fork-session"],
    ["archive-session"],
    ["unarchive-session"],
    ["delete-session", () => workspace.delete("/v1/sessions/review-again")],
  ];
  const session = "main";

  test("each is among these", () => {
    expect(inOrder.map(([id]) => id).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  test.each(inOrder.map(([id, prepare]) => ({ id, prepare })))(
    "$id answers its example as it says",
    async ({ id, prepare }) => {
      await prepare?.();
      const operation = operations.find(({ operationId }) => operationId === id)!;
      if (operation.stays === "socket") {
        expect((await openSocket(operation)).length).toBeGreaterThan(0);
        return;
      }
      const response = await send(operation);
      const [status, { content, headers = {} }] = Object.entries(operation.answers).find(([answer]) => answer < "300")!;
      expect(response.status).toBe(Number(status));
      for (const name of Object.keys(headers)) expect(response.headers.get(name)).toMatch(/^\/v1\//);
      if (content === undefined) {
        expect(await response.text()).toBe("");
        return;
      }
      expect(response.headers.get("content-type")).toContain(content.mediaType);
      if (content.mediaType === "text/event-stream") {
        expect(await eventsOf(response, content)).toEqual(expect.arrayContaining([...(expectedEvents[id] ?? [])]));
        return;
      }
      content.schema.parse(content.mediaType === "application/json" ? await response.json() : await response.text());
      const schema = /^<(.*)>; rel="describedBy"$/.exec(response.headers.get("link") ?? "")?.[1];
      if (schema !== undefined) expect((await get(schema)).status).toBe(200);
    },
  );

  test.each(operations.filter(({ needs }) => needs !== "nothing").map(({ method, path }) => [method, path]))(
    "%s %s needs the token that it says it needs",
    async (method, path) => {
      expect((await get(path, method.toUpperCase())).status).toBe(401);
    },
  );

  /** What the examples before have led to. */
  const known = new Map<string, string>();
  function know(parameter: string, id: unknown): void {
    known.set(parameter, String(id));
  }

  function addressOf({ path, parameters = [] }: Operation): string {
    const url = new URL(
      workspace.url + path.replace(/\{(\w+)\}/g, (_, name: string) => known.get(name) ?? exampleOf(name)),
    );
    for (const { name, example } of parameters.filter((parameter) => parameter.in === "query")) {
      url.searchParams.set(name, String(example));
    }
    return url.href;

    function exampleOf(name: string): string {
      return String(parameters.find((parameter) => parameter.name === name)?.example);
    }
  }

  /** Its own example, sent. */
  function send(operation: Operation): Promise<Response> {
    const { method, request, needs, parameters = [] } = operation;
    const headers = new Headers(needs === "nothing" ? {} : authorized);
    for (const { name, example } of parameters.filter((parameter) => parameter.in === "header")) {
      headers.set(name, String(example));
    }
    const options = { method: method.toUpperCase(), headers };
    if (request === undefined) return fetch(addressOf(operation), options);
    if (request.mediaType === "application/json") {
      headers.set("content-type", "application/json");
      return fetch(addressOf(operation), { ...options, body: JSON.stringify(request.example) });
    }
    const form = new FormData();
    for (const [name, text] of Object.entries(request.example as Record<string, string>)) {
      form.append(name, new File([text], "hello.txt"));
    }
    return fetch(addressOf(operation), { ...options, body: form });
  }

  /** The first frame of a terminal. */
  async function openSocket(operation: Operation): Promise<Buffer> {
    const socket = new WebSocket(addressOf(operation).replace("http", "ws"), { headers: authorized });
    try {
      const [screen] = (await once(socket, "message")) as [Buffer];
      return screen;
    } finally {
      socket.close();
      await once(socket, "close");
    }
  }

  /** The names of events, each of its schema, up to the one that a stream of these ends its beginning with. */
  async function eventsOf(response: Response, { events }: EventContent): Promise<string[]> {
    const seen: string[] = [];
    for await (const { event, data } of serverSentEvents(response)) {
      events[event]!.parse(data);
      seen.push(event);
      if (event === "status_change" || (event === "turn/completed" && interrupted(data))) break;
    }
    return seen;
  }
  const interrupted = ({ turn }: Record<string, unknown>) =>
    (turn as { status?: unknown } | undefined)?.status === "interrupted";
  const expectedEvents: Readonly<Record<string, readonly string[]>> = {
    subscribeEvents: ["message_update", "status_change"],
    "subscribe-session-events": [
      ...["session/status", "queue/changed", "prompt/changed", "turn/started", "turn/completed", "item/started"],
      ...["item/completed", "approval/requested", "approval/resolved", "usage/updated"],
    ],
  };

  const of = async (path: string): Promise<Record<string, { id: string }[]>> =>
    (await workspace.get(`/v1/sessions/${session}/${path}`)).body as Record<string, { id: string }[]>;
  const prompts = async (state: string) => (await of(`prompts?state=${state}`))["prompts"] ?? [];
  const pending = async () => (await of("approvals?state=pending"))["approvals"] ?? [];

  async function finished(input: string): Promise<unknown> {
    const { id } = await workspace.enqueue(input, {}, session);
    await workspace.ended(id, session);
    return id;
  }

  async function asked(input: string): Promise<unknown> {
    await workspace.enqueue(input, {}, session);
    await until(async () => (await pending()).length > 0, "Codex to ask");
    return (await pending())[0]?.id;
  }

  async function running(input: string): Promise<void> {
    await until(async () => (await prompts("running")).length === 0, "the turn before to end");
    await workspace.enqueue(input, {}, session);
    await until(async () => (await prompts("running")).length > 0, "the turn to begin");
  }
});

describe("what no operation takes is answered as one that is described", () => {
  test.each([
    ["a path that cannot be decoded", "/v1/sessions/%E0%A4%A", {}, 400],
    ["a request that is no WebSocket for the terminal", "/v1/sessions/main/terminal", {}, 426],
    ["a Last-Event-ID that no event has", "/v1/sessions/main/events", { "last-event-id": "first" }, 422],
    ["a parameter that there is not", "/v1/sessions/main/items?types=plan", {}, 422],
    ["a range that a page does not have", "/docs", { range: "bytes=99999999-" }, 416],
  ])("%s", async (_, path, headers: Record<string, string>, status) => {
    const answer = await workspace.get(path, { ...authorized, ...headers });
    expect(answer).toMatchObject({ status, body: { code: "REQUEST_INVALID" } });
    expect(answer.headers.get("upgrade")).toBe(status === 426 ? "websocket" : null);
  });
});

describe("the documents", () => {
  test.each([
    ["/openapi.json", "3.1.0"],
    ["/openapi-3.0.json", "3.0.3"],
  ])("%s is OpenAPI %s, and its YAML says the same", async (path, version) => {
    const response = await get(path);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/vnd.oai.openapi+json"]);
    const document = (await response.json()) as Record<string, unknown>;
    expect(document["openapi"]).toBe(version);
    const yaml = await get(path.replace("json", "yaml"));
    expect(yaml.headers.get("content-type")).toBe("application/vnd.oai.openapi+yaml");
    expect(parse(await yaml.text())).toEqual(document);
  });

  test("the schema that an answer names is there, and so is what it refers to", async () => {
    const answer = await workspace.get("/messages");
    const link = /^<(.*)>; rel="describedBy"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? "";
    expect(answer.body["$schema"]).toBe(workspace.url + link);
    const schema = await get(link);
    expect([schema.status, schema.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    const { properties } = (await schema.json()) as { properties: { messages: { items: { $ref: string } } } };
    expect((await get(properties.messages.items.$ref)).status).toBe(200);
  });

  test("they and the pages need no token, and name none", async () => {
    for (const path of ["/openapi.yaml", "/docs", "/docs/docs.js", "/chat/embed", "/chat/embed.js"]) {
      expect((await get(path)).status).toBe(200);
    }
    for (const path of [
      "/schemas/Nothing.json",
      "/docs/nothing",
      "/chat/nothing",
      "/chat/..%2f..%2fagent-wrapper.cjs",
    ]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  test("a page of another Host is refused as everything is", async () => {
    const answer = await rawRequest(workspace.layout.listen.port, ["GET /docs HTTP/1.1", "Host: evil.example"]);
    expect(answer.status).toBe(400);
  });
});

test.each(["/v1", "/v1/", "/v1/nothing", "/v1/sessions/main/nothing"])(
  "%s is unknown, as problem+json",
  async (path) => {
    const answer = await fetch(workspace.url + path, { headers: authorized });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(await answer.json()).toMatchObject({ code: "PATH_UNKNOWN" });
  },
);

test("a list of a query may come as repeated keys", async () => {
  const listed = async (query: string): Promise<unknown> =>
    (await workspace.get(`/v1/sessions/main/prompts?${query}`)).body["prompts"];
  const both = await listed("state=completed&state=failed");
  expect(both).toEqual(await listed("state=completed,failed"));
  expect(both).not.toEqual([]);
});

describe("the pages", () => {
  test.each(["/", "/chat", "/chat/"])("%s leads to the chat page, also below a path of a proxy", async (path) => {
    const location = (await get(path)).headers.get("location") ?? "";
    expect(new URL(location, `http://proxy.example/ws1${path}`).pathname).toBe("/ws1/chat/embed");
  });

  test.each(["GET", "POST", "HEAD", "DELETE"])("%s / leads to the chat page", async (method) => {
    const answer = await get("/", method);
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "chat/embed"]);
  });

  test.each(["/docs", "/chat/embed"])("%s loads only what we serve, with no script in it", async (path) => {
    const answer = await get(path);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    const html = await answer.text();
    expect(html).not.toMatch(/https?:\/\/|<script>|\son\w+=|style=/);
    const files = [...html.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, file]) => file ?? "");
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const loaded = await fetch(new URL(file, workspace.url + path));
      expect([file, loaded.status, loaded.headers.get("x-content-type-options")]).toEqual([file, 200, "nosniff"]);
    }
  });

  test("the chat page may be framed by an allowed origin, the docs by none but ours", async () => {
    const framing = async (path: string): Promise<string | undefined> =>
      (await get(path)).headers.get("content-security-policy")?.split("; ").at(-1);
    expect(await framing("/chat/embed")).toBe("frame-ancestors 'self' https://tasks.example");
    expect(await framing("/docs")).toBe("frame-ancestors 'self'");
  });
});
