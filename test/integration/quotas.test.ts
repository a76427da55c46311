import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretOf, TestWorkspace } from "../support/workspace.ts";
import type { Answer } from "../support/workspace-http.ts";

const MiB = 1024 ** 2;
const names = ["a", "b", "c"] as const;
const own = (name: (typeof names)[number]) => ({
  authorization: `Bearer ${secretOf({ env: name.toUpperCase() }).reveal()}`,
});

let workspace: TestWorkspace;

beforeAll(async () => {
  const limits = {
    ...{ sessions: 4, pendingPrompts: 3, allPendingPrompts: 5 },
    ...{ promptMiB: 2, pendingPromptsMiB: 2, allPendingPromptsMiB: 3 },
  };
  const tokens = names.map((name) => ({
    name,
    token: { env: name.toUpperCase() },
    scopes: ["prompt", "read"] as const,
  }));
  workspace = await TestWorkspace.start({ api: { limits, tokens } });
  expect((await workspace.post("/v1/sessions", { name: "waiting" })).status).toBe(201);
  await workspace.post("/v1/sessions/waiting/queue/pause", {});
});
afterAll(() => workspace[Symbol.asyncDispose]());

function send(name: (typeof names)[number], input: unknown = "wait", session = "waiting"): Promise<Answer> {
  return workspace.post(`/v1/sessions/${session}/prompts`, { input }, own(name));
}

async function cancelAll(): Promise<void> {
  const { body } = await workspace.get("/v1/sessions/waiting/prompts?state=queued");
  for (const { id } of body["prompts"] as { id: string }[])
    expect((await workspace.delete(`/v1/sessions/waiting/prompts/${id}`)).status).toBe(200);
}

function codeOf({ status, body }: Answer): unknown[] {
  return [status, body["code"]];
}

test("a token with too many pending prompts waits, others do not", async () => {
  const sent = [await send("a"), await send("a"), await send("a")];
  expect(sent.map(({ status }) => status)).toEqual([202, 202, 202]);
  const beyond = await send("a");
  expect(codeOf(beyond)).toEqual([429, "TOO_MANY_PROMPTS"]);
  expect(beyond.headers.get("retry-after")).toBe("10");
  expect(codeOf(await send("a", "another session", "main"))).toEqual([429, "TOO_MANY_PROMPTS"]);
  expect((await send("b")).status).toBe(202);

  await workspace.delete(`/v1/sessions/waiting/prompts/${String(sent[0]?.body["id"])}`);
  expect((await send("a")).status).toBe(202);
  await cancelAll();
});

test("AgentAPI's messages have the same quota", async () => {
  for (const input of ["1", "2", "3"]) await send("a", input);
  const message = { type: "user", content: "hello" };
  const beyond = await workspace.post("/message", message, own("a"));
  expect([...codeOf(beyond), beyond.headers.get("retry-after")]).toEqual([429, "TOO_MANY_PROMPTS", "10"]);
  expect((await workspace.post("/message", message, own("b"))).status).toBe(200);
  await workspace.stable();
  await cancelAll();
  expect((await workspace.post("/message", message, own("a"))).status).toBe(200);
  await workspace.stable();
});

test("a full prompt store rejects every token until turns end", async () => {
  await workspace.stable();
  for (const name of ["a", "a", "b", "b"] as const) expect((await send(name)).status).toBe(202);
  const { body } = await send("b", "#model: wait 1s", "main");
  const beyond = await send("c");
  expect([...codeOf(beyond), beyond.headers.get("retry-after")]).toEqual([507, "PROMPT_STORE_FULL", null]);
  await workspace.ended(body["id"]);
  expect((await send("c")).status).toBe(202);
  await workspace.post("/v1/sessions/waiting/queue/resume", {});
  for (const name of names) {
    await expect.poll(async () => (await send(name, "room again", "main")).status, { timeout: 20_000 }).toBe(202);
  }
  await workspace.stable();
  await workspace.post("/v1/sessions/waiting/queue/pause", {});
  await cancelAll();
});

test("the size of pending prompts is bounded, images included", async () => {
  const image = (MiBs: number) => [
    { type: "image", url: `data:image/png;base64,${"QUJD".repeat((MiBs * MiB) / 4 - 100)}` },
  ];
  expect((await send("a", image(1.5))).status).toBe(202);
  expect(codeOf(await send("a", image(1)))).toEqual([429, "TOO_MANY_PROMPTS"]);
  expect((await send("a", "small")).status).toBe(202);
  expect((await send("b", image(1))).status).toBe(202);
  expect(codeOf(await send("c", image(1)))).toEqual([507, "PROMPT_STORE_FULL"]);
  expect((await send("c", "small")).status).toBe(202);
  await cancelAll();
  expect((await send("c", image(1))).status).toBe(202);
  await cancelAll();
});

test("a repeated Idempotency-Key needs no room", async () => {
  const repeat = (): Promise<Answer> =>
    workspace.post("/v1/sessions/waiting/prompts", { input: "once" }, { ...own("a"), "idempotency-key": "k" });
  const first = await repeat();
  await send("a");
  await send("a");
  expect(codeOf(await send("a"))).toEqual([429, "TOO_MANY_PROMPTS"]);
  const again = await repeat();
  expect([again.status, again.body["id"]]).toEqual([202, first.body["id"]]);
  await cancelAll();
});

test("a token can fork as long as there is room for sessions", async () => {
  const threads = (): number =>
    readdirSync(join(workspace.layout.codexHome, "sessions"), { recursive: true }).filter((name) =>
      String(name).endsWith(".jsonl"),
    ).length;
  const fork = (name?: string): Promise<Answer> => workspace.post("/v1/sessions/main/fork", { name }, own("a"));
  expect((await send("a", "history", "main")).status).toBe(202);
  await workspace.stable();
  const before = threads();
  const forks = await Promise.all([1, 2, 3, 4, 5, 6].map(() => fork()));
  const made = forks.filter(({ status }) => status === 201).map(({ body }) => String(body["name"]));
  expect(made).toHaveLength(2);
  expect(forks.filter(({ body }) => body["code"] === "SESSIONS_FULL").map(({ status }) => status)).toEqual([
    507, 507, 507, 507,
  ]);
  expect(threads()).toBe(before + 2);
  expect(codeOf(await workspace.post("/v1/sessions", {}))).toEqual([507, "SESSIONS_FULL"]);
  await workspace.post(`/v1/sessions/${made[0]}/archive`, {});
  expect(codeOf(await fork())).toEqual([507, "SESSIONS_FULL"]);
  await workspace.delete(`/v1/sessions/${made[0]}`);
  const same = await Promise.all([fork("same"), fork("same")]);
  expect(same.map(codeOf).sort()).toEqual([
    [201, undefined],
    [409, "SESSION_EXISTS"],
  ]);
});
