import { operations } from "@codex-workspace/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { authorized, TestWorkspace } from "../support/workspace.ts";

interface SwaggerRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
  userFetch?: typeof fetch;
}

let workspace: TestWorkspace;
let prepare: (request: SwaggerRequest) => Promise<SwaggerRequest>;
const scheme = Object.assign(new EventTarget(), { matches: true });
const classes = new Map<string, boolean>();

/** Runs the page's own program. Swagger UI and the DOM are replaced; every request goes to the workspace. */
beforeAll(async () => {
  workspace = await TestWorkspace.start({ model: "gpt-5.5" });
  const program = await (await fetch(`${workspace.url}/docs/docs.js`)).text();
  const realFetch = fetch;
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => realFetch(new URL(url, `${workspace.url}/docs`), init));
  vi.stubGlobal("matchMedia", () => scheme);
  const classList = { toggle: (name: string, isOn: boolean) => classes.set(name, isOn) };
  vi.stubGlobal("document", { documentElement: { classList } });
  const loaded = new Promise<{ requestInterceptor: typeof prepare }>((resolve) =>
    vi.stubGlobal("SwaggerUIBundle", resolve),
  );
  await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(program)}`);
  ({ requestInterceptor: prepare } = await loaded);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await workspace[Symbol.asyncDispose]();
});

/** Sends the example of an operation as "Try it out" does. */
async function tryOut(operationId: string): Promise<{ status: number; text: string }> {
  const {
    path,
    method,
    parameters = [],
    request,
    answers,
  } = operations.find((each) => each.operationId === operationId)!;
  const example = (name: string): string => String(parameters.find((each) => each.name === name)?.example);
  const url = new URL(workspace.url + path.replace(/\{(\w+)\}/g, (_, name: string) => example(name)));
  const headers: Record<string, string> = { Authorization: authorized.authorization };
  for (const { name, in: place } of parameters) {
    if (place === "query") url.searchParams.set(name, example(name));
    if (place === "header") headers[name] = example(name);
  }
  const content = Object.values(answers)[0]?.content;
  if (content !== undefined) headers["accept"] = content.mediaType;
  if (request !== undefined) headers["Content-Type"] = request.mediaType;
  const body = request === undefined ? {} : { body: JSON.stringify(request.example) };
  const prepared = await prepare({ url: url.href, method: method.toUpperCase(), headers, ...body });
  const response = await (prepared.userFetch ?? fetch)(prepared.url, prepared);
  return { status: response.status, text: await response.text() };
}

test("sends each prompt with a new Idempotency-Key", async () => {
  const sent = [await tryOut("send-prompt"), await tryOut("send-prompt")];
  expect(sent.map(({ status }) => status)).toEqual([202, 202]);
  const [first, second] = sent.map(({ text }) => (JSON.parse(text) as { id: string }).id);
  expect(first).not.toBe(second);
  const { status, text } = await tryOut("get-prompt");
  expect([status, (JSON.parse(text) as { id: string }).id]).toEqual([200, second]);
});

test("replaces the example approval with the session's newest one", async () => {
  expect((await tryOut("get-approval")).status).toBe(404);
  const { id } = await workspace.enqueue("#model: run-escalated touch made");
  await vi.waitUntil(async () => (await tryOut("get-approval")).status === 200, { timeout: 20_000, interval: 100 });
  expect((await tryOut("decide-approval")).status).toBe(200);
  await workspace.ended(id);
});

test("shows the first seconds of a stream", { timeout: 20_000 }, async () => {
  const [events, snapshot] = await Promise.all([tryOut("subscribe-session-events"), tryOut("subscribeEvents")]);
  expect([events.status, snapshot.status]).toEqual([200, 200]);
  expect(events.text).toContain("event: prompt/changed");
  expect(snapshot.text).toContain("event: status_change");
  for (const { text } of [events, snapshot]) expect(text).toMatch(/: this page shows the first 5 s of a stream\n$/);
});

test("follows the browser's color scheme", () => {
  expect(classes.get("dark-mode")).toBe(true);
  scheme.matches = false;
  scheme.dispatchEvent(new Event("change"));
  expect(classes.get("dark-mode")).toBe(false);
});
