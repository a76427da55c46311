import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CODEX_PIN, type WorkspaceSpec } from "@codex-workspace/core";
import { afterEach, describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { childrenOf, isAlive } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

// The pinned one runs every other test.
const others = (await testedCodexes()).filter(({ codexVersion }) => codexVersion !== CODEX_PIN);

for (const { codexVersion, codexProgram, without } of others) {
  describe.skipIf(without !== "")(`Codex ${codexVersion}${without}`, () => {
    let workspace: TestWorkspace;
    afterEach(() => workspace[Symbol.asyncDispose]());

    async function create(): Promise<void> {
      workspace = await TestWorkspace.create({ codexProgram });
    }

    /** Starts the wrapper, or starts it again, on this spec. */
    async function start(spec: WorkspaceSpec = {}): Promise<void> {
      await workspace.stop();
      await workspace.start({ codexVersion, ...spec });
      await workspace.ready();
    }

    test("a conversation, begun in the terminal and continued over HTTP, survives a restart", async () => {
      await create();
      // A model that has a successor, which the terminals of some versions recommend.
      const model = "gpt-5.3-codex";
      await start({ model });
      const screen = await workspace.followScreen();
      await until(() => screen().includes("›"), "the terminal to show its prompt");
      await workspace.typePrompt("typed by hand", screen);
      await until(async () => (await workspace.messages()).length === 3, "the typed prompt's answer");
      await workspace.stable();
      await workspace.ask("sent by HTTP");
      await until(() => screen().includes("Echo: sent by HTTP"), "the sent prompt's answer on the screen");
      const texts = async (): Promise<string[]> => (await workspace.messages()).map(({ content }) => content);
      const said = ["", "typed by hand", "Echo: typed by hand", "sent by HTTP", "Echo: sent by HTTP"];
      expect(await texts()).toEqual(said);
      const { threadId } = await workspace.status();

      await start({ model });
      expect((await workspace.status())["threadId"]).toBe(threadId);
      expect(await texts()).toEqual(said);
      expect(await workspace.ask("and go on")).toBe("Echo: and go on");
      for (const { purpose, body } of workspace.model.requests) {
        if (purpose === "turn") expect(body).toMatchObject({ model });
      }
    });

    test("a variable that is kept from the agent's commands does not reach them, and another does", async () => {
      await create();
      const variables = { env: { KEPT: "kept", OTHER: "other" }, shellEnvironmentPolicy: { exclude: ["KEPT"] } };
      await start(variables);
      await workspace.ask("hello");
      expect(await workspace.ask('#model: run sh -c "echo variables: $KEPT $OTHER"')).toMatch(/variables: other/);
    });

    test("prompts, items and sessions over /v1, before and after a restart", async () => {
      await create();
      const spec = { model: "gpt-5.4", extraSettings: 'writable_roots = ["/var/tmp/"]' };
      await start(spec);
      const { id } = await workspace.enqueue("#model: run echo hi", { model: "gpt-5.2", effort: "high" });
      expect(await workspace.ended(id)).toMatchObject({ state: "completed", usage: { totalTokens: 240 } });
      const { id: next } = await workspace.enqueue("its own model");
      await workspace.ended(next);
      const asked = workspace.model.requests.filter(({ purpose }) => purpose === "turn");
      expect(asked.at(0)?.body).toMatchObject({ model: "gpt-5.2" });
      expect(asked.at(-1)?.body).toMatchObject({ model: "gpt-5.4" });

      const { status } = await workspace.post("/v1/sessions", { name: "second", sandbox: "read-only" });
      expect(status).toBe(201);
      const { status: forked } = await workspace.post("/v1/sessions/main/fork", { name: "fork" });
      expect(forked).toBe(201);
      const { id: ofFork } = await workspace.enqueue("hello", {}, "fork");
      expect(await workspace.ended(ofFork, "fork")).toMatchObject({ usage: { totalTokens: 120 } });
      const types = async (session: string): Promise<string[]> => {
        const { items } = (await workspace.get(`/v1/sessions/${session}/items`)).body;
        return (items as { item: { type: string } }[]).map(({ item }) => item.type);
      };
      const said = ["userMessage", "commandExecution", "agentMessage", "userMessage", "agentMessage"];
      expect(await types("main")).toEqual(said);

      await start(spec);
      const statuses = async (): Promise<unknown> => (await workspace.status())["sessions"];
      const idle = ["main", "second", "fork"].map((name) => ({ name, status: "idle" }));
      await until(async () => JSON.stringify(await statuses()) === JSON.stringify(idle), "every session to be back");
      expect(await types("main")).toEqual(said);
      for (const { name } of idle) {
        const { id: last } = await workspace.enqueue(`in ${name}`, {}, name);
        expect(await workspace.ended(last, name)).toMatchObject({ finalMessage: `Echo: in ${name}` });
      }
    });

    test("SIGTERM interrupts a turn and leaves no process; the session goes on after it", async () => {
      await create();
      await start();
      await workspace.prompt("#model: run sleep 301");
      await until(async () => (await childrenOf(workspace.pid, "sleep")).length > 0, "the command to run");
      const processes = await childrenOf(workspace.pid, "");
      const { code, ms } = await workspace.stop();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(10_000);
      await until(() => processes.every((pid) => !isAlive(pid)), "every process to be gone", 2000);

      await start();
      expect(await workspace.ask("after it")).toBe("Echo: after it");
    });

    test("sandbox, network and approval policy are as planned, whatever a trusted repository's config.toml says", async () => {
      await create();
      const folder = join(workspace.layout.workdir, ".codex");
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "config.toml"), 'sandbox_mode = "danger-full-access"\napproval_policy = "never"\n');
      const reach = `#model: run curl -sS --max-time 5 -o /dev/null -w "answered %{http_code}" ${workspace.model.url}`;

      await start({ trustProject: true });
      expect(await workspace.mayWrite("inside")).toBe(true);
      expect(await workspace.mayWrite("../outside")).toBe(false);
      expect(await workspace.ask(reach)).toMatch(/answered [2-5]/);
      const { sandbox } = await workspace.status();
      expect(sandbox).toEqual({ state: "working" });
      await workspace.prompt("#model: run-escalated echo hello");
      await until(async () => (await workspace.status())["status"] === "awaiting_approval", "Codex to ask");

      await start({ trustProject: true, extraSettings: 'network_access = false\napproval_policy = "never"' });
      expect(await workspace.ask(reach)).not.toMatch(/answered [2-5]/);
      // Nobody is asked: the turn ends by itself.
      await workspace.ask("#model: run-escalated echo hello");

      await start({ trustProject: true, extraSettings: 'sandbox_mode = "read-only"' });
      expect(await workspace.mayWrite("inside-too")).toBe(false);

      await start({ extraSettings: 'sandbox_mode = "danger-full-access"' });
      expect(await workspace.mayWrite("../outside")).toBe(true);
    });
  });
}
