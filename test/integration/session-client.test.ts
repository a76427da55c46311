import { createClient, type SessionEvent, type WorkspaceClient } from "@codex-workspace/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

let workspace: TestWorkspace;
let client: WorkspaceClient;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
  client = createClient({ baseUrl: workspace.url, token });
});
afterAll(() => workspace[Symbol.asyncDispose]());

test("a session's life: made, asked, forked, archived, taken back, deleted", async () => {
  const { name } = await client.createSession({ developerInstructions: "Be brief." });
  const session = client.session(name);
  expect(await session.runPrompt({ input: "hello" })).toMatchObject({
    state: "completed",
    finalMessage: "Echo: hello",
  });
  const { items } = await session.items({ types: ["agentMessage"], order: "desc", limit: 1 });
  expect(items).toMatchObject([{ item: { type: "agentMessage", text: "Echo: hello" } }]);

  const fork = client.session((await session.fork()).name);
  expect(await fork.archive()).toMatchObject({ archived: true });
  expect(await fork.unarchive()).toMatchObject({ archived: false });
  await fork.delete();
  await session.delete();
  expect((await client.sessions()).sessions.map((one) => one.name)).toEqual(["main"]);
  await expect(session.get()).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("prompts: sent, listed, taken back; the queue paused and resumed; a turn interrupted", async () => {
  const main = client.session();
  expect(await main.pauseQueue()).toMatchObject({ paused: true });
  const held = await main.sendPrompt({ input: "held" }, { idempotencyKey: "held" });
  expect((await main.sendPrompt({ input: "held" }, { idempotencyKey: "held" })).id).toBe(held.id);
  expect((await main.prompts({ states: ["queued"] })).prompts).toMatchObject([{ id: held.id }]);
  expect(await main.cancelPrompt(held.id)).toMatchObject({ state: "cancelled" });
  expect(await main.queue()).toMatchObject({ paused: true, queued: 0 });
  await main.resumeQueue();

  const running = main.runPrompt({ input: "#model: hang" });
  await until(async () => (await main.get()).status === "working", "the turn");
  expect(await main.interrupt()).toMatchObject({ status: "interrupted" });
  expect(await running).toMatchObject({ state: "interrupted" });
});

test("prompts and events outlive a wrapper that is killed: each event once, in order", async () => {
  const main = client.session();
  const leaving = new AbortController();
  const seen: SessionEvent[] = [];
  const following = (async () => {
    for await (const event of main.events({ signal: leaving.signal })) seen.push(event);
  })().catch(() => undefined);
  await main.pauseQueue();
  const running = main.runPrompt({ input: "through it all" });
  await until(() => seen.some(({ type }) => type === "prompt/changed"), "the prompt to be seen");

  await workspace.stop("SIGKILL");
  await workspace.start();
  await workspace.ready();
  await main.resumeQueue();
  expect(await running).toMatchObject({ state: "completed", finalMessage: "Echo: through it all" });
  await until(() => seen.some(({ type, data }) => type === "prompt/changed" && data.state === "completed"), "its end");
  leaving.abort();
  await following;
  const ids = seen.flatMap(({ id }) => id ?? []);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  const states = seen.flatMap((event) => (event.type === "prompt/changed" ? event.data.state : []));
  expect(states).toEqual(["queued", "sending", "running", "completed"]);
});
