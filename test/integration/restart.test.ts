import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { threadHistory } from "../chaos/thread-history.ts";
import { childrenOf, isAlive, processesWith } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

test("a conversation survives a restart: the same thread, ids, texts and times", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.ask("remember this");
  await workspace.ask("#model: fail 400");
  const before = await workspace.messages();
  const { threadId } = await workspace.status();

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect((await workspace.status())["threadId"]).toBe(threadId);
  const after = await workspace.messages();
  const withoutTime = (list: typeof after): object[] => list.map(({ id, role, content }) => ({ id, role, content }));
  expect(withoutTime(after)).toEqual(withoutTime(before));
  for (const [index, { time }] of after.entries()) {
    expect(Math.abs(Date.parse(time) - Date.parse(before[index]!.time))).toBeLessThan(2000);
  }
  expect(await workspace.ask("and go on")).toBe("Echo: and go on");
  expect((await workspace.messages()).at(-2)?.id).toBe(before.length);
});

test("the initial prompt is sent once in the life of the state; another one is sent too", async () => {
  await using workspace = await TestWorkspace.start({ initialPrompt: "first task" });
  const userTexts = async (): Promise<string[]> => {
    await workspace.stable();
    return (await workspace.messages()).filter(({ role }) => role === "user").map(({ content }) => content);
  };
  expect(await userTexts()).toEqual(["first task"]);

  await workspace.stop();
  await workspace.start({ initialPrompt: "first task" });
  await workspace.ready();
  expect(await userTexts()).toEqual(["first task"]);

  await workspace.stop();
  await workspace.start({ initialPrompt: "second task" });
  await workspace.ready();
  expect(await userTexts()).toEqual(["first task", "second task"]);
});

test("whenever app-server dies, what is said of a message is true", async () => {
  await using workspace = await TestWorkspace.start();
  const historyOf = async (): Promise<(string | undefined)[]> => {
    const { threadId } = await workspace.status();
    const history = await threadHistory(workspace.layout.codexHome, String(threadId)).catch(() => []);
    return history.map(({ text }) => text);
  };
  // As it takes the message, as it begins the turn, as it shows the message, and later.
  for (const afterMs of [8, 14, 22, 30]) {
    const [appServer] = await childrenOf(workspace.pid, "app-server");
    const content = `killed ${afterMs} ms after this`;
    const answer = workspace.prompt(content);
    await delay(afterMs);
    process.kill(appServer!, "SIGKILL");
    const { status, body } = await answer;
    await until(async () => (await childrenOf(workspace.pid, "app-server")).length > 0, "another app-server");
    await workspace.ready();
    if (status === 200) expect(await historyOf()).toContain(content);
    else expect([status, body["code"]]).toEqual([503, "PROMPT_UNCERTAIN"]);
  }
  expect(await workspace.ask("and go on")).toBe("Echo: and go on");
});

test("a session that is not continued begins anew at every start, with its initial prompt, and outlives an app-server", async () => {
  const spec = { initialPrompt: "first task", continue: false };
  await using workspace = await TestWorkspace.start(spec);
  const threadId = async (): Promise<unknown> => (await workspace.status())["threadId"];
  const userTexts = async (): Promise<string[]> => {
    await workspace.stable();
    return (await workspace.messages()).filter(({ role }) => role === "user").map(({ content }) => content);
  };
  await workspace.stable();
  await workspace.ask("and another");
  const first = await threadId();
  const [appServer] = await childrenOf(workspace.pid, "app-server");
  process.kill(appServer!, "SIGKILL");
  await until(async () => (await workspace.status())["status"] === "starting", "app-server to be missed");
  await workspace.ready();
  expect(await threadId()).toBe(first);
  expect(await userTexts()).toEqual(["first task", "and another"]);

  await workspace.stop();
  await workspace.start(spec);
  await workspace.ready();
  expect(await threadId()).not.toBe(first);
  expect(await userTexts()).toEqual(["first task"]);

  await workspace.stop();
  await workspace.start({ ...spec, continue: true });
  await workspace.ready();
  expect(await userTexts()).toEqual(["first task"]);
});

test("prompts that wait are sent one after the other after a restart, none into the turn of another", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.post("/v1/sessions/main/queue/pause", {});
  for (const nth of ["first", "second"]) await workspace.enqueue(`#model: wait 400ms\n${nth}`);
  await workspace.stop("SIGKILL");

  await workspace.start();
  await workspace.ready();
  const { body } = await workspace.get("/v1/sessions/main/queue");
  expect(body).toMatchObject({ paused: true, queued: 2 });
  await workspace.post("/v1/sessions/main/queue/resume", {});
  await until(async () => (await workspace.messages()).length === 5, "both answers");
  await workspace.stable();
  expect((await workspace.messages()).filter(({ role }) => role === "agent").map(({ content }) => content)).toEqual([
    "",
    "Echo: first",
    "Echo: second",
  ]);
});

test("until the initial prompt's turn is over the status is never stable", async () => {
  await using workspace = await TestWorkspace.create();
  await workspace.start({ initialPrompt: "#model: wait 500ms\nslow task" });
  const seen: unknown[] = [];
  await until(async () => {
    const status = await workspace.get("/status").catch(() => undefined);
    if (status !== undefined) seen.push(status.body["status"]);
    return status?.body["status"] === "stable";
  }, "the first task");
  expect(seen.length).toBeGreaterThan(5);
  expect((await workspace.messages()).at(-1)?.content).toContain("slow task");
});

test("an app-server that dies is started again, and the session goes on as it was planned", async () => {
  await using workspace = await TestWorkspace.start({
    sandboxMode: "read-only",
    approvalPolicy: "never",
    model: "gpt-5.4",
  });
  await workspace.ask("before");
  await workspace.prompt("#model: hang");
  await until(async () => (await workspace.status())["status"] === "working", "the turn to run");
  process.kill(await appServerPid(workspace.pid), "SIGKILL");
  await until(async () => (await workspace.get("/readyz", {})).status === 503, "the loss to be noticed");
  await workspace.ready();

  // The sandbox was passed again: a command still cannot write into the project.
  expect(await workspace.mayWrite("made-after-restart")).toBe(false);
  const asked = workspace.model.requests.filter(({ purpose }) => purpose === "turn").at(-1);
  expect(asked?.body).toMatchObject({ model: "gpt-5.4" });
  expect((await workspace.messages()).map(({ role, content }) => [role, content]).slice(0, 5)).toEqual([
    ["agent", ""],
    ["user", "before"],
    ["agent", "Echo: before"],
    ["user", "#model: hang"],
    ["agent", ""],
  ]);
});

test("an app-server that never runs: after five failures readiness says why, and the process stays up to tell", async () => {
  const program = fileURLToPath(new URL("../support/programs/app-server-exits-at-once.mjs", import.meta.url));
  await using workspace = await TestWorkspace.create({ codexProgram: program });
  await workspace.start();
  const failed = async (): Promise<boolean> => {
    const answer = await workspace.get("/readyz", {}).catch(() => undefined);
    return answer?.body["state"] === "failed";
  };
  await until(failed, "the wrapper to give up");
  const { status, body } = await workspace.get("/readyz", {});
  expect(status).toBe(503);
  expect(body["reason"]).toContain("5 times within a minute");
  expect(body["reason"]).toContain("exited with code 7: no app-server today");
  expect((await workspace.prompt("anybody there?")).status).toBe(503);
  expect((await workspace.get("/healthz", {})).status).toBe(200);
});

test("SIGTERM in the middle of a turn: interrupted politely, all gone within 10 s, no orphan", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.prompt("#model: run sleep 300 & sleep 301");
  await until(async () => (await childrenOf(workspace.pid, "sleep")).length > 0, "the command to run");
  await workspace.post("/message", { type: "raw", content: "" });
  const processes = await childrenOf(workspace.pid, "");
  expect(processes.length).toBeGreaterThan(3);

  const { code, ms } = await workspace.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  await until(() => processes.every((pid) => !isAlive(pid)), "every process to be gone", 2000);

  await workspace.start();
  await workspace.ready();
  expect(await workspace.ask("after it")).toBe("Echo: after it");
});

test("a command that Codex is just starting at a SIGTERM is ended too", async () => {
  await using workspace = await TestWorkspace.create();
  // Without the wrapper's doing, about one such command in five outlives Codex.
  for (let round = 0; round < 5; round++) {
    await workspace.start();
    await workspace.ready();
    await workspace.prompt("#model: run sleep 3030");
    await until(async () => (await processesWith("sleep 3030")).length > 0, "the command to begin");
    await workspace.stop();
    expect(await processesWith("sleep 3030")).toEqual([]);
  }
});

test("a wrapper that is killed in the middle of its initial prompt does not send it again", async () => {
  await using workspace = await TestWorkspace.create();
  const initialPrompt = "#model: wait 60s\ndo it once";
  await workspace.start({ initialPrompt });
  const seen = await workspace.model.waitForRequest(1);
  expect(JSON.stringify(seen.body)).toContain("do it once");
  await workspace.stop("SIGKILL");

  await workspace.start({ initialPrompt });
  await workspace.ready();
  await workspace.stable();
  expect((await workspace.messages()).map(({ role, content }) => [role, content])).toEqual([
    ["agent", ""],
    ["user", initialPrompt],
    ["agent", ""],
  ]);
  expect(await workspace.ask("and now?")).toBe("Echo: and now?");
  const turns = workspace.model.requests.filter(({ purpose }) => purpose === "turn");
  expect(turns).toHaveLength(2);
});

test("a wrapper that is killed takes Codex with it", async () => {
  await using workspace = await TestWorkspace.start();
  const codex = await appServerPid(workspace.pid);
  await workspace.stop("SIGKILL");
  await until(() => !isAlive(codex), "Codex to be gone", 5000);
});

async function appServerPid(wrapper: number): Promise<number> {
  const [pid] = await childrenOf(wrapper, "app-server");
  if (pid === undefined) throw new Error("no app-server runs");
  return pid;
}
