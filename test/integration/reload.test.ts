import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspaceSpec } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { serverSentEvents, until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

const before: WorkspaceSpec = { model: "gpt-5.5" };
const after: WorkspaceSpec = { model: "gpt-5.4", systemPrompt: "Answer in verse." };

/** Provisions a spec under the running wrapper and waits until it is in force. */
async function reload(workspace: TestWorkspace, spec: WorkspaceSpec): Promise<void> {
  await inForce(workspace, await workspace.provision(spec));
}

async function inForce(workspace: TestWorkspace, configHash: string): Promise<void> {
  await until(async () => {
    const { reload: pending, ...status } = await workspace.status();
    return pending === undefined && status["configHash"] === configHash;
  }, "the new configuration to be in force");
  await workspace.ready();
}

async function reloadIs(workspace: TestWorkspace, state: string): Promise<Record<string, unknown>> {
  let seen: Record<string, unknown> = {};
  await until(async () => {
    seen = ((await workspace.status())["reload"] ?? {}) as Record<string, unknown>;
    return seen["state"] === state;
  }, `the reload to be ${state}`);
  return seen;
}

/** The model of each turn, and whether it was told to answer in verse. */
function turnsOf({ model }: TestWorkspace): [string, unknown, boolean][] {
  return model.requests
    .filter(({ purpose }) => purpose === "turn")
    .map(({ body }) => {
      const { model: name, input } = body as {
        model: string;
        input: { role?: string; content?: { text?: string }[] }[];
      };
      const text =
        input
          .filter(({ role }) => role === "user")
          .at(-1)
          ?.content?.at(-1)?.text ?? "";
      return [text, name, JSON.stringify(body).includes("Answer in verse.")];
    });
}

test("a change while nothing runs: another app-server, the same wrapper and thread, the new settings", async () => {
  await using workspace = await TestWorkspace.start(before);
  await workspace.ask("one");
  const [{ threadId }, wrapper, server] = [await workspace.status(), workspace.pid, await appServer(workspace)];
  await reload(workspace, { ...after, sandboxMode: "read-only", env: { GREETING: "hello" } });
  await workspace.ask("two");

  expect(turnsOf(workspace)).toEqual([
    ["one", "gpt-5.5", false],
    ["two", "gpt-5.4", true],
  ]);
  expect(await workspace.mayWrite("made-after")).toBe(false);
  expect(await workspace.ask("#model: run echo $GREETING")).toContain("hello");
  expect(await workspace.status()).toMatchObject({ threadId });
  expect(workspace.pid).toBe(wrapper);
  expect(await appServer(workspace)).not.toBe(server);
  expect((await workspace.messages()).map(({ content }) => content)).toContain("Echo: one");
});

test("while a turn runs it goes on; what is sent meanwhile waits and runs once, under the new configuration", async () => {
  await using workspace = await TestWorkspace.start(before);
  const running = await workspace.enqueue("#model: run sleep 3 && echo slept");
  await until(async () => (await childrenOf(workspace.pid, "sleep")).length > 0, "the command to run");
  const hash = await workspace.provision(after);
  expect(await reloadIs(workspace, "waiting")).toEqual({
    state: "waiting",
    configHash: hash,
    reason: 'a turn runs in session "main"',
  });
  expect((await workspace.get("/readyz", {})).status).toBe(200);
  const meanwhile = await Promise.all([workspace.enqueue("first"), workspace.enqueue("second")]);
  expect(await workspace.prompt("third")).toMatchObject({ status: 409 });
  const ended = await workspace.ended(running["id"]);
  expect(ended).toMatchObject({ state: "completed", finalMessage: expect.stringContaining("slept") as string });
  for (const { id } of meanwhile) expect(await workspace.ended(id)).toMatchObject({ state: "completed" });

  await inForce(workspace, hash);
  expect(turnsOf(workspace).slice(-2)).toEqual([
    ["first", "gpt-5.4", true],
    ["second", "gpt-5.4", true],
  ]);
  expect(turnsOf(workspace).filter(([text]) => text === "first")).toHaveLength(1);
});

test("one session that works holds the others back, and each has the new settings afterwards", async () => {
  await using workspace = await TestWorkspace.start(before);
  expect(await workspace.post("/v1/sessions", { name: "other" })).toMatchObject({ status: 201 });
  await workspace.enqueue("#model: wait 3s\nslow", {}, "other");
  await until(() => turnsOf(workspace).length === 1, "the turn to run");
  const hash = await workspace.provision(after);
  expect(await reloadIs(workspace, "waiting")).toMatchObject({ reason: 'a turn runs in session "other"' });
  const { id } = await workspace.enqueue("of main");
  expect((await workspace.get("/status")).body["status"]).toBe("running");
  await workspace.ended(id);
  await inForce(workspace, hash);
  await workspace.ended((await workspace.enqueue("of other", {}, "other"))["id"], "other");
  expect(turnsOf(workspace).map(([, model]) => model)).toEqual(["gpt-5.5", "gpt-5.4", "gpt-5.4"]);
});

test("of several changes the last one is in force, also where it takes the others back", async () => {
  await using workspace = await TestWorkspace.start(before);
  const { id } = await workspace.enqueue("#model: wait 2s\nslow");
  await until(() => turnsOf(workspace).length === 1, "the turn to run");
  const server = await appServer(workspace);
  await workspace.provision(after);
  await reloadIs(workspace, "waiting");
  await inForce(workspace, await workspace.provision(before));
  await workspace.ended(id);
  expect(await appServer(workspace)).toBe(server);

  await workspace.provision(after);
  await reload(workspace, { model: "gpt-5.2" });
  await workspace.ask("which?");
  expect(turnsOf(workspace).at(-1)).toEqual(["which?", "gpt-5.2", false]);
});

test("one whose manifest comes before what it names is in force when all of it is there", async () => {
  await using workspace = await TestWorkspace.start(before);
  const directory = join(workspace.directory, "config");
  const hash = await workspace.provision(after);
  await inForce(workspace, hash);
  const names = ["manifest.json", "workspace.json", "config.toml", "AGENTS.md"];
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  await reload(workspace, before);
  const logged = workspace.log.length;

  for (const [index, name] of names.entries()) {
    await rm(join(directory, name), { force: true });
    await writeFile(join(directory, name), texts[index]!);
    if (name === "manifest.json") await reloadIs(workspace, "failed");
  }
  await inForce(workspace, hash);
  const failures = workspace.log.slice(logged).filter(({ msg }) => msg === "a new configuration: failed");
  expect(failures).toHaveLength(1);
});

test("the log and every session's events tell it", async () => {
  await using workspace = await TestWorkspace.start(before);
  const response = await fetch(`${workspace.url}/v1/sessions/main/events`, { headers: authorized });
  const hash = await workspace.provision(after);
  const told: unknown[] = [];
  for await (const { event, data } of serverSentEvents(response)) {
    if (event !== "reload/changed") continue;
    expect(data).toMatchObject({ configHash: hash });
    if (told.push(data["state"]) === 3) break;
  }
  expect(told).toEqual(["waiting", "applying", "applied"]);
  const logged = workspace.log.flatMap(({ msg }) => (String(msg).startsWith("a new configuration: ") ? [msg] : []));
  expect(logged).toEqual(["waiting", "applying", "applied"].map((state) => `a new configuration: ${state}`));
});

test.each<[string, string, (workspace: TestWorkspace) => Promise<unknown>]>([
  [
    "that is half written",
    "WRAPPER_CONFIG_INVALID",
    (workspace) => writeFile(join(workspace.directory, "config", "manifest.json"), '{"files":{'),
  ],
  [
    "of another Codex",
    "CONFIG_NOT_RELOADABLE",
    (workspace) => workspace.provision({ ...after, codexVersion: "0.155.0" }),
  ],
  [
    "for another address",
    "CONFIG_NOT_RELOADABLE",
    (workspace) => workspace.provision({ ...after, api: { origins: ["https://tasks.example.com"] } }),
  ],
  [
    "whose script fails",
    "START_SCRIPT_FAILED",
    (workspace) => workspace.provision({ ...after, postInstallScript: "exit 3" }),
  ],
])("one %s: the former stays in force and runs on, and the next change is tried", async (_what, code, provide) => {
  await using workspace = await TestWorkspace.start(before);
  const server = await appServer(workspace);
  const { configHash } = await workspace.status();
  await provide(workspace);
  expect(await reloadIs(workspace, "failed")).toMatchObject({ code, remedy: expect.any(String) as string });
  expect(await workspace.status()).toMatchObject({ configHash });
  expect((await workspace.get("/readyz", {})).status).toBe(200);
  await workspace.ask("still there?");
  expect(turnsOf(workspace)).toEqual([["still there?", "gpt-5.5", false]]);
  expect(await appServer(workspace)).toBe(server);
  expect(await readFile(join(workspace.layout.codexHome, "config.toml"), "utf8")).toContain('model = "gpt-5.5"');

  await reload(workspace, after);
  await workspace.ask("and now?");
  expect(turnsOf(workspace).at(-1)).toEqual(["and now?", "gpt-5.4", true]);
});

test("a config.toml that was broken by hand keeps the former in force; written again, the same one is tried again", async () => {
  await using workspace = await TestWorkspace.start(before);
  const file = join(workspace.layout.codexHome, "config.toml");
  const whole = await readFile(file, "utf8");
  await appendFile(file, "broken = \n");
  const hash = await workspace.provision(after);
  expect(await reloadIs(workspace, "failed")).toMatchObject({ code: "TOML_INVALID", configHash: hash });
  await writeFile(file, whole);
  await reload(workspace, after);
});

test("an app-server that does not start with it: readiness says why, and the next change mends it", async () => {
  await using workspace = await TestWorkspace.start(before);
  await workspace.ask("one");
  await workspace.provision({ ...before, extraSettings: "model_context_window = 'wide'" });
  await until(async () => (await workspace.get("/readyz", {})).body["state"] === "failed", "readiness to give up");
  expect((await workspace.get("/readyz", {})).body["reason"]).toMatch(
    /CONFIG_REFUSED: .*config\.toml:\d+:\d+: invalid type.*model_context_window/,
  );
  await reload(workspace, after);
  expect(await workspace.ask("two")).toBe("Echo: two");
  expect((await workspace.messages()).map(({ content }) => content)).toContain("Echo: one");
});

test("a rotated model key is the new app-server's, though the hash is the same", async () => {
  await using workspace = await TestWorkspace.create({ model: { apiKey: "value-of-SECOND" } });
  const spec = (key: string): WorkspaceSpec => ({
    modelProvider: { baseUrl: workspace.model.url, apiKey: { env: key } },
  });
  await workspace.start(spec("FIRST"));
  await workspace.ready();
  const { configHash } = await workspace.status();
  const server = await appServer(workspace);
  await workspace.provision(spec("SECOND"));
  await until(async () => (await appServer(workspace)) !== server, "another app-server");
  await workspace.ready();
  expect(await workspace.status()).toMatchObject({ configHash });
  expect(await workspace.ask("with the new key")).toBe("Echo: with the new key");
});

test("a wrapper that is killed in the middle of it starts with the new one; the prompt that waited runs once", async () => {
  await using workspace = await TestWorkspace.start(before);
  await workspace.ask("one");
  const slow = { ...after, postInstallScript: "sleep 30" };
  await workspace.provision(slow);
  await reloadIs(workspace, "applying");
  await until(async () => (await childrenOf(workspace.pid, "sleep")).length > 0, "the script to run");
  expect(await workspace.get("/readyz", {})).toMatchObject({ status: 503, body: { state: "starting" } });
  const { id } = await workspace.enqueue("waits");
  await workspace.stop("SIGKILL");

  await workspace.start(after);
  await workspace.ready();
  expect(await workspace.ended(id)).toMatchObject({ state: "completed" });
  expect(turnsOf(workspace).slice(1)).toEqual([["waits", "gpt-5.4", true]]);
  expect((await workspace.status())["configConflicts"]).toEqual([]);
});

async function appServer(workspace: TestWorkspace): Promise<number | undefined> {
  return (await childrenOf(workspace.pid, "app-server"))[0];
}
