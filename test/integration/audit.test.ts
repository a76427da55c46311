import { type AuditEntry, auditActions } from "@codex-workspace/api";
import { createClient, firstBrokenEntry, type WorkspaceClient } from "@codex-workspace/client";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";

const own = "token:api.token";

async function trailOf(client: WorkspaceClient): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of client.auditTrail()) entries.push(entry);
  return entries;
}

/** What was done, by whom, with what the test looks at. */
function deeds(entries: readonly AuditEntry[], ...prefixes: string[]): unknown[] {
  return entries
    .filter(({ action }) => prefixes.some((prefix) => action.startsWith(prefix)))
    .map(({ actor, action, details }) => [actor, action, details]);
}

test("what tokens do to sessions, prompts and queues is kept under their names, and no word of a prompt", async () => {
  await using workspace = await TestWorkspace.start();
  const client = createClient({ baseUrl: workspace.url, token });
  const session = client.session((await client.createSession({ name: "work" })).name);
  const first = await session.runPrompt({ input: "marked words" });
  await session.pauseQueue();
  const held = await session.sendPrompt({ input: [{ type: "text", text: "1234" }] });
  await session.cancelPrompt(held.id);
  await session.resumeQueue();
  const long = await session.sendPrompt({ input: "#model: hang" });
  await until(async () => (await session.get()).turn !== undefined, "the turn");
  // Steered before the model was asked, it is what the model answers.
  const steering = await session.sendPrompt({ input: "#model: hang", whenBusy: "steer" });
  await until(async () => (await session.prompt(steering.id)).state === "running", "the prompt to steer");
  const { id: turnId } = await session.interrupt();
  await session.promptEnded(long.id);
  const fork = client.session((await session.fork({ name: "copy" })).name);
  await fork.archive();
  await fork.unarchive();
  await fork.delete();

  const entries = await trailOf(client);
  const inTurn = { promptId: long.id, turnId };
  expect(deeds(entries, "session/", "prompt/", "queue/", "turn/")).toMatchObject([
    ["system", "session/created", {}],
    [own, "session/created", {}],
    [own, "prompt/accepted", { promptId: first.id, characters: 12, whenBusy: "queue" }],
    ["system", "prompt/ended", { promptId: first.id, turnId: first.turnId, state: "completed" }],
    [own, "queue/paused", {}],
    [own, "prompt/accepted", { promptId: held.id, characters: 4 }],
    [own, "prompt/cancelled", { promptId: held.id }],
    [own, "queue/resumed", {}],
    [own, "prompt/accepted", { promptId: long.id }],
    [own, "prompt/accepted", { promptId: steering.id, whenBusy: "steer" }],
    ["system", "prompt/steered", { promptId: steering.id, turnId }],
    [own, "turn/interrupted", { turnId }],
    ["system", "prompt/ended", { ...inTurn, state: "interrupted" }],
    ["system", "prompt/ended", { promptId: steering.id, turnId, state: "interrupted" }],
    [own, "session/forked", { from: "work" }],
    [own, "session/archived", {}],
    [own, "session/unarchived", {}],
    [own, "session/deleted", {}],
  ]);
  expect(JSON.stringify(entries)).not.toContain("marked");
  expect(await firstBrokenEntry(entries)).toBeUndefined();
});

test("files, tickets, tokens, configuration and the wrapper's own life are kept too; a restart goes on with the chain", async () => {
  await using workspace = await TestWorkspace.start();
  const client = createClient({ baseUrl: workspace.url, token });
  const { filePath } = (await workspace.upload("a.txt", "hello")).body;
  await client.ticket({ scopes: ["read"] });
  const tokens = [{ name: "reader", token: { env: "READER" }, scopes: ["read" as const] }];
  await workspace.exchangeTokens({ api: { tokens } });
  await until(async () => (await trailOf(client)).some(({ action }) => action === "tokens/exchanged"), "the tokens");
  const { configHash } = await workspace.status();
  await workspace.stop();
  await workspace.start({ api: { tokens }, continue: false });
  await workspace.ready();

  const entries = await trailOf(client);
  const applied = ["system", "configuration/applied", { conflicts: 0, hash: configHash }];
  expect(
    deeds(entries, "wrapper/", "configuration/", "file/", "ticket/", "tokens/", "session/begunAnew"),
  ).toMatchObject([
    ["system", "wrapper/started", { version: expect.any(String) as string }],
    applied,
    [own, "file/uploaded", { path: filePath, bytes: 5 }],
    [own, "ticket/issued", { scopes: ["read"] }],
    ["system", "tokens/exchanged", { tokens: ["api.token", "reader"] }],
    ["system", "wrapper/stopped", {}],
    ["system", "session/begunAnew", {}],
    ["system", "wrapper/started", {}],
    ["system", "configuration/applied", {}],
  ]);
  expect(await firstBrokenEntry(entries)).toBeUndefined();
  expect(entries.every(({ action }) => (auditActions as readonly string[]).includes(action))).toBe(true);
});

test("at the terminal: who opened it, whose keys came when, never which; and what was sent and ended there", async () => {
  await using workspace = await TestWorkspace.start();
  const client = createClient({ baseUrl: workspace.url, token });
  const screen = await workspace.followScreen();
  const socket = new WebSocket(client.terminalUrl(), { headers: authorized });
  await until(() => screen() !== "", "the screen");
  await until(async () => (await trailOf(client)).some(({ action }) => action === "terminal/opened"), "the entry");
  for (const key of "typed") socket.send(Buffer.from(key));
  await until(() => screen().includes("typed"), "the keys");
  await workspace.typeUntil("\r", async () => (await workspace.messages()).length > 1, "the prompt");
  await workspace.stable();
  socket.close();
  await until(async () => (await trailOf(client)).some(({ action }) => action === "terminal/closed"), "the end");

  const entries = await trailOf(client);
  const [opened, writer, ...rest] = deeds(entries, "terminal/");
  expect([opened, writer]).toEqual([
    [own, "terminal/opened", {}],
    [own, "terminal/writer", {}],
  ]);
  expect(rest).toContainEqual([own, "terminal/keys", { bytes: 1 }]);
  expect(rest.at(-1)).toEqual([own, "terminal/closed", {}]);
  expect(deeds(entries, "prompt/")).toMatchObject([["terminal", "prompt/accepted", { characters: 5 }]]);
  expect(JSON.stringify(entries)).not.toContain("typed");
});
