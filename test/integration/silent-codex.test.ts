import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const codexProgram = fileURLToPath(new URL("../support/programs/codex-with-a-deaf-ear.mjs", import.meta.url));
const start = () => TestWorkspace.start({ model: "gpt-5.5" }, { codexProgram });

/** Time for the deadline of a request, its probe and a busy machine. */
const patienceMs = 45_000;

const promptOf = async (workspace: TestWorkspace, id: unknown, session = "main") =>
  (await workspace.get(`/v1/sessions/${session}/prompts/${String(id)}`)).body;

async function uncertain(workspace: TestWorkspace, id: unknown, session = "main"): Promise<void> {
  await until(
    async () => (await promptOf(workspace, id, session))["endedAt"] !== undefined,
    "the prompt to be given up",
    patienceMs,
  );
  expect(await promptOf(workspace, id, session)).toMatchObject({ state: "interrupted", code: "PROMPT_UNCERTAIN" });
}

/** How often the model was asked a text. */
const asked = ({ model }: TestWorkspace, text: string): number =>
  model.requests.filter(({ purpose, body }) => purpose === "turn" && JSON.stringify(body).includes(text)).length;

async function deafTo({ layout }: TestWorkspace, ...methods: string[]): Promise<void> {
  const file = join(layout.workdir, "deaf-to");
  await (methods.length === 0 ? rm(file) : writeFile(file, methods.join("\n")));
}

async function timed<T>(action: Promise<T>): Promise<{ answer: T; ms: number }> {
  const began = performance.now();
  const answer = await action;
  return { answer, ms: performance.now() - began };
}

describe.concurrent("an app-server that does not answer", () => {
  test(
    "of 20 sessions one wedges, 19 finish, and the wedged one takes its next prompt",
    { timeout: 150_000 },
    async () => {
      await using workspace = await start();
      const names = Array.from({ length: 20 }, (_, index) => `part-${index}`);
      for (const name of names) await workspace.post("/v1/sessions", { name });
      const [server] = await childrenOf(workspace.pid, "app-server");

      const { id: wedged } = await workspace.enqueue("unreadable", {}, "part-0");
      const { id: next } = await workspace.enqueue("the next one", {}, "part-0");
      const others = await Promise.all(
        names.slice(1).map(async (name) => [name, (await workspace.enqueue(`of ${name}`, {}, name))["id"]] as const),
      );
      for (const [name, id] of others)
        expect(await workspace.ended(id, name)).toMatchObject({ state: "completed", finalMessage: `Echo: of ${name}` });
      expect(await promptOf(workspace, wedged, "part-0")).toMatchObject({ state: "sending" });

      await uncertain(workspace, wedged, "part-0");
      expect(await workspace.ended(next, "part-0")).toMatchObject({
        state: "completed",
        finalMessage: "Echo: the next one",
      });
      expect(await childrenOf(workspace.pid, "app-server")).toContain(server);
      expect(asked(workspace, "unreadable")).toBe(0);
    },
  );

  test(
    "what is asked of a wedged session is answered at once, and it can be deleted",
    { timeout: 120_000 },
    async () => {
      await using workspace = await start();
      await workspace.post("/v1/sessions", { name: "part" });
      const { id: wedged } = await workspace.enqueue("unreadable", {}, "part");
      const { id: queued } = await workspace.enqueue("queued", {}, "part");
      const path = "/v1/sessions/part";
      await until(
        async () => (await promptOf(workspace, wedged, "part"))["state"] === "sending",
        "the prompt to be sent",
      );

      const answers = await Promise.all([
        timed(workspace.delete(`${path}/prompts/${String(queued)}`)),
        timed(workspace.delete(`${path}/prompts/${String(wedged)}`)),
        timed(workspace.post(`${path}/interrupt`, {})),
        timed(workspace.post(`${path}/archive`, {})),
        timed(workspace.delete(path)),
      ]);
      expect(answers.map(({ answer }) => [answer.status, answer.body["code"] ?? answer.body["state"]])).toEqual([
        [200, "cancelled"],
        [409, "PROMPT_NOT_QUEUED"],
        [409, "NO_TURN_RUNNING"],
        [409, "SESSION_BUSY"],
        [409, "SESSION_BUSY"],
      ]);
      for (const { ms } of answers) expect(ms).toBeLessThan(5_000);

      await uncertain(workspace, wedged, "part");
      await deafTo(workspace, "thread/delete");
      const silent = await timed(workspace.delete(path));
      expect(silent.answer).toMatchObject({ status: 504, body: { code: "CODEX_SILENT" } });
      expect(silent.ms).toBeLessThan(patienceMs);
      await deafTo(workspace);
      expect((await workspace.delete(path)).status).toBe(204);
    },
  );

  test("an interrupt that Codex does not read is answered, and works later", { timeout: 120_000 }, async () => {
    await using workspace = await start();
    const { id } = await workspace.enqueue("#model: hang");
    await until(async () => (await promptOf(workspace, id))["state"] === "running", "the turn to run");
    await deafTo(workspace, "turn/interrupt");
    const silent = await timed(workspace.post("/v1/sessions/main/interrupt", {}));
    expect(silent.answer).toMatchObject({ status: 504, body: { code: "CODEX_SILENT" } });
    expect(silent.ms).toBeLessThan(20_000);
    await deafTo(workspace);
    expect((await workspace.post("/v1/sessions/main/interrupt", {})).status).toBe(200);
    expect(await workspace.ended(id)).toMatchObject({ state: "interrupted" });
  });

  test("a turn that begins after its prompt was given up is seen, and runs once", { timeout: 120_000 }, async () => {
    await using workspace = await start();
    const { id } = await workspace.enqueue("held for 24000 ms");
    await uncertain(workspace, id);
    expect(asked(workspace, "held for")).toBe(0);
    await until(() => asked(workspace, "held for") === 1, "the turn to begin after all");
    await until(async () => (await promptOf(workspace, id))["turnId"] !== undefined, "the turn of the prompt");
    await workspace.stable();
    const { turnId, state } = await promptOf(workspace, id);
    expect(state).toBe("interrupted");
    expect((await workspace.status())["lastTurn"]).toMatchObject({ id: turnId, status: "completed" });
    expect(await workspace.ask("and now?")).toBe("Echo: and now?");
    expect((await workspace.messages()).filter(({ content }) => content.startsWith("held for"))).toHaveLength(1);
  });

  test("AgentAPI's sender of such a prompt is told", { timeout: 120_000 }, async () => {
    await using workspace = await start();
    expect(await workspace.prompt("unreadable")).toMatchObject({ status: 503, body: { code: "PROMPT_UNCERTAIN" } });
    expect(await workspace.ask("readable")).toBe("Echo: readable");
  });

  test(
    "a session whose thread Codex does not name is not made, and one whose queue it does not tell works",
    { timeout: 120_000 },
    async () => {
      await using workspace = await start();
      await deafTo(workspace, "thread/name/set");
      expect(await workspace.post("/v1/sessions", { name: "part" })).toMatchObject({ status: 422 });
      await deafTo(workspace, "thread/queue/list");
      expect(await workspace.post("/v1/sessions", { name: "part" })).toMatchObject({ status: 201 });
      const { id } = await workspace.enqueue("hello", {}, "part");
      expect(await workspace.ended(id, "part")).toMatchObject({ state: "completed" });
    },
  );

  test("one that is stopped is replaced, and what it had is not sent again", { timeout: 120_000 }, async () => {
    await using workspace = await TestWorkspace.start({ model: "gpt-5.5" });
    await workspace.ask("before");
    const [server] = await childrenOf(workspace.pid, "app-server");
    process.kill(server!, "SIGSTOP");
    const { id } = await workspace.enqueue("while it stands still");
    const { id: next } = await workspace.enqueue("afterwards");
    await uncertain(workspace, id);
    await until(async () => (await promptOf(workspace, next))["state"] === "completed", "the next prompt", patienceMs);
    expect(await childrenOf(workspace.pid, "app-server")).not.toContain(server);
    expect(asked(workspace, '"while it stands still"')).toBe(0);
    expect(workspace.log.map(({ how }) => how)).toContain("answered nothing any more");
  });

  test("one that stands still for a moment is not replaced", { timeout: 120_000 }, async () => {
    await using workspace = await TestWorkspace.start({ model: "gpt-5.5" });
    const [server] = await childrenOf(workspace.pid, "app-server");
    process.kill(server!, "SIGSTOP");
    const { id } = await workspace.enqueue("patient");
    await until(async () => (await promptOf(workspace, id))["state"] === "sending", "the prompt to be sent");
    process.kill(server!, "SIGCONT");
    expect(await workspace.ended(id)).toMatchObject({ state: "completed", finalMessage: "Echo: patient" });
    expect(await childrenOf(workspace.pid, "app-server")).toContain(server);
  });
});
