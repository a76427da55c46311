import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { WorkspaceSpec } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const codexProgram = fileURLToPath(new URL("../support/programs/codex-with-a-deaf-ear.mjs", import.meta.url));
const before: WorkspaceSpec = { model: "gpt-5.5", approvalPolicy: "on-request" };
const narrower: WorkspaceSpec = { ...before, sandboxMode: "read-only" };
/** How long a configuration that takes something away waits, and what ends after it may take. */
const [waitMs, patienceMs] = [60_000, 100_000];

async function inForce(workspace: TestWorkspace, configHash: string): Promise<void> {
  await until(
    async () => {
      const { reload, ...status } = await workspace.status();
      return reload === undefined && status["configHash"] === configHash;
    },
    "the new configuration to be in force",
    patienceMs,
  );
  await workspace.ready();
}

async function runs(workspace: TestWorkspace, input: string, session = "main"): Promise<unknown> {
  const { id } = await workspace.enqueue(input, {}, session);
  const path = `/v1/sessions/${session}/prompts/${String(id)}`;
  await until(async () => (await workspace.get(path)).body["state"] === "running", `${input} to run`);
  return id;
}

const reloadOf = async (workspace: TestWorkspace) =>
  ((await workspace.status())["reload"] ?? {}) as Record<string, unknown>;

describe.concurrent("a configuration that takes something away", () => {
  test("interrupts after 60 s what does not end, and a held approval", { timeout: 180_000 }, async () => {
    await using workspace = await TestWorkspace.start(before);
    await workspace.post("/v1/sessions", { name: "asks" });
    const endless = await runs(workspace, "#model: hang");
    const asking = await runs(workspace, "#model: run-escalated echo asked", "asks");
    const began = performance.now();
    const hash = await workspace.provision(narrower);
    await until(async () => (await reloadOf(workspace))["state"] === "waiting", "the reload to wait");
    expect((await reloadOf(workspace))["reason"]).toBe(
      'a turn runs in session "main", "asks"; the new configuration takes something away, and waits 60 s',
    );
    await inForce(workspace, hash);
    expect(performance.now() - began).toBeGreaterThan(waitMs - 2_000);

    expect(await workspace.ended(endless)).toMatchObject({ state: "interrupted" });
    expect(await workspace.ended(asking, "asks")).toMatchObject({ state: "interrupted" });
    expect(await workspace.mayWrite("made-after")).toBe(false);
    const said = workspace.log.filter(({ msg }) => String(msg).includes("takes something away"));
    expect(said).toMatchObject([{ sessions: ["main", "asks"], narrowed: ["sandboxMode"] }]);
    const { body } = await workspace.get("/v1/audit?after=0");
    const interrupted = (body["entries"] as { action: string; actor: string }[]).filter(
      ({ action }) => action === "turn/interrupted",
    );
    expect(interrupted.map(({ actor }) => actor)).toEqual(["system", "system"]);
  });

  test("ends with app-server a turn that Codex does not interrupt", { timeout: 180_000 }, async () => {
    await using workspace = await TestWorkspace.start(before, { codexProgram });
    const endless = await runs(workspace, "#model: hang");
    await writeFile(join(workspace.layout.workdir, "deaf-to"), "turn/interrupt");
    const hash = await workspace.provision(narrower);
    await inForce(workspace, hash);
    expect(await workspace.ended(endless)).toMatchObject({ state: "interrupted" });
    expect(await workspace.ask("and now?")).toBe("Echo: and now?");
  });

  test("does not wait for a prompt that Codex does not answer", { timeout: 180_000 }, async () => {
    await using workspace = await TestWorkspace.start(before, { codexProgram });
    const { id } = await workspace.enqueue("unreadable");
    const began = performance.now();
    await inForce(workspace, await workspace.provision(narrower));
    expect(performance.now() - began).toBeLessThan(waitMs);
    expect(await workspace.ended(id)).toMatchObject({ state: "interrupted", code: "PROMPT_UNCERTAIN" });
  });

  test.each(["preInstallScript", "postInstallScript"] as const)(
    "does not wait for its own %s that hangs",
    { timeout: 240_000 },
    async (script) => {
      await using workspace = await TestWorkspace.start(before);
      const began = performance.now();
      const hash = await workspace.provision({ ...narrower, [script]: "sleep 1000" });
      await until(
        async () => (await workspace.status())["configHash"] === hash,
        "the new configuration to be in force",
        patienceMs,
      );
      expect(performance.now() - began).toBeGreaterThan(waitMs - 2_000);
      const { status, body } = await workspace.get("/readyz", {});
      expect({ status, body }).toMatchObject({ status: 503, body: { reason: `${script} is running` } });
      expect(await childrenOf(workspace.pid, "app-server")).toEqual([]);
      const { id } = await workspace.enqueue(`#model: run touch ${join(workspace.layout.workdir, "made")}`);

      await inForce(workspace, await workspace.provision(narrower));
      expect(await workspace.ended(id)).toMatchObject({ state: "completed" });
      expect(existsSync(join(workspace.layout.workdir, "made"))).toBe(false);
    },
  );

  test.each(["start", "initialize"])(
    "does not wait for its app-server that is deaf to %s",
    { timeout: 180_000 },
    async (deaf) => {
      await using workspace = await TestWorkspace.start(before, { codexProgram });
      await writeFile(join(workspace.layout.workdir, "deaf-to"), deaf);
      const began = performance.now();
      const hash = await workspace.provision(narrower);
      await until(async () => (await workspace.status())["configHash"] === hash, "the configuration to be in force");
      expect(performance.now() - began).toBeLessThan(waitMs);
      expect((await workspace.get("/readyz", {})).status).toBe(503);
      await rm(join(workspace.layout.workdir, "deaf-to"));
      await inForce(workspace, hash);
      expect(await workspace.mayWrite("made")).toBe(false);
    },
  );

  test("is not what one with another model and a hanging script does", { timeout: 180_000 }, async () => {
    await using workspace = await TestWorkspace.start(before);
    const { configHash } = await workspace.status();
    await workspace.provision({ ...before, model: "gpt-5.4", postInstallScript: "sleep 75" });
    await until(async () => (await reloadOf(workspace))["state"] === "applying", "the script to run");
    const began = performance.now();
    const isAsBefore = async () => (await workspace.status())["configHash"] === configHash;
    while (performance.now() - began < waitMs + 5_000) {
      expect(await isAsBefore()).toBe(true);
      await delay(1_000);
    }
    expect(await childrenOf(workspace.pid, "app-server")).toHaveLength(1);
  });

  test("is not what one with another model does: that waits on", { timeout: 180_000 }, async () => {
    await using workspace = await TestWorkspace.start(before);
    const long = await runs(workspace, "#model: wait 75s\nlong");
    const hash = await workspace.provision({ ...before, model: "gpt-5.4" });
    await until(async () => (await reloadOf(workspace))["state"] === "waiting", "the reload to wait");
    expect((await reloadOf(workspace))["reason"]).toBe('a turn runs in session "main"');
    await inForce(workspace, hash);
    expect(await workspace.ended(long)).toMatchObject({ state: "completed" });
  });
});

describe("a start script that hangs", () => {
  const hanging: WorkspaceSpec = { ...before, postInstallScript: "sleep 1000" };

  test("at the start is ended by a configuration that replaces it", { timeout: 60_000 }, async () => {
    await using workspace = await TestWorkspace.create();
    await workspace.start(hanging);
    await until(
      async () =>
        (await workspace.get("/readyz", {}).catch(() => undefined))?.body["reason"] === "postInstallScript is running",
      "the script to run",
    );
    await inForce(workspace, await workspace.provision(narrower));
    expect(await workspace.mayWrite("made")).toBe(false);
  });

  test(
    "of a new configuration is ended by the next one, and by none that is the same",
    { timeout: 60_000 },
    async () => {
      await using workspace = await TestWorkspace.start(before);
      const starts = () =>
        workspace.log.filter(({ component, msg }) => component === "postInstallScript" && msg === "starts");
      await workspace.provision(hanging);
      await until(() => starts().length === 1, "the script to run");
      await rm(join(workspace.directory, "config", "manifest.json"));
      await workspace.provision(hanging);
      await workspace.status();
      expect(await reloadOf(workspace)).toMatchObject({ state: "applying" });
      expect(starts()).toHaveLength(1);
      await inForce(workspace, await workspace.provision(narrower));
      expect(await workspace.mayWrite("made")).toBe(false);
      expect(workspace.log.map(({ msg }) => msg)).not.toContain("a new configuration: failed");
    },
  );
});
