import { type Operation, operations } from "@codex-workspace/api";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "../support/raw-http.ts";
import { serverSentEvents } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start({ api: { origins: ["https://tasks.example"] } });
});
afterAll(() => workspace[Symbol.asyncDispose]());

const get = (path: string, method = "GET"): Promise<Response> =>
  fetch(workspace.url + path, { method, redirect: "manual" });

describe("an operation as the documents have it", () => {
  /** Its own example, sent. */
  async function send({ method, path, request, token }: Operation): Promise<Response> {
    const options = { method: method.toUpperCase(), headers: token === "needed" ? authorized : {} };
    if (request === undefined) return fetch(workspace.url + path, options);
    if (request.mediaType === "application/json") {
      const headers = { ...options.headers, "content-type": "application/json" };
      return fetch(workspace.url + path, { ...options, headers, body: JSON.stringify(request.example) });
    }
    const form = new FormData();
    for (const [name, text] of Object.entries(request.example as Record<string, string>)) {
      form.append(name, new File([text], "hello.txt"));
    }
    return fetch(workspace.url + path, { ...options, body: form });
  }

  test.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    "%s answers its example as it says",
    async (_, operation) => {
      await workspace.stable();
      const response = await send(operation);
      const [status, { content }] = Object.entries(operation.answers).find(([answer]) => answer.startsWith("2"))!;
      expect(response.status).toBe(Number(status));
      expect(response.headers.get("content-type")).toContain(content!.mediaType);
      if (content!.mediaType !== "text/event-stream") {
        const text = await response.text();
        content!.schema.parse(content!.mediaType === "application/json" ? JSON.parse(text) : text);
        return;
      }
      for await (const { event, data } of serverSentEvents(response)) {
        content!.events[event]!.parse(data);
        if (event === "status_change") break;
      }
    },
  );

  test.each(operations.filter(({ token }) => token === "needed").map(({ method, path }) => [method, path]))(
    "%s %s needs the token that it says it needs",
    async (method, path) => {
      expect((await get(path, method.toUpperCase())).status).toBe(401);
    },
  );
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

describe("the pages", () => {
  test.each(["GET", "POST", "HEAD", "DELETE"])("%s / leads to the chat page", async (method) => {
    const answer = await get("/", method);
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "/chat/embed"]);
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
