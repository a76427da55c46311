import { fileURLToPath } from "node:url";
import { CODEX_PIN } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { authorized, TestWorkspace, until } from "../support/workspace.ts";

const nextDay = `${fileURLToPath(new URL("../support/programs/shifted-clock.mjs", import.meta.url))}?hours=24`;

async function usedToday(workspace: TestWorkspace): Promise<unknown> {
  return ((await workspace.status())["tokensToday"] as Record<string, unknown>)["used"];
}

test("a used-up day refuses new prompts and keeps those that wait, until the limit is raised or the day is over", async () => {
  await using workspace = await TestWorkspace.create({ nodeArguments: ["--import", nextDay] });
  await workspace.start({ modelLimits: { tokensPerDay: 1000 } });
  await workspace.ready();
  const path = "/v1/sessions/main/prompts";
  const first = { input: "#model: wait 500ms\n#model: usage 700 300\n#model: say first" };
  const sameKey = { ...authorized, "idempotency-key": "first" };
  const { body: running } = await workspace.post(path, first, sameKey);
  const waiting = await workspace.enqueue("second");
  expect((await workspace.ended(running["id"]))["state"]).toBe("completed");

  const refused = await workspace.post(path, { input: "third" });
  const code = "TOKENS_USED_UP";
  const detail = "the workspace has used 1000 tokens today (UTC), of 1000";
  expect([refused.status, refused.body]).toMatchObject([429, { code, detail }]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(86_400);
  expect((await workspace.post(path, first, sameKey)).body["id"]).toBe(running["id"]);
  const stateOfWaiting = async () => (await workspace.get(`${path}/${String(waiting["id"])}`)).body["state"];
  expect(await workspace.status()).toMatchObject({
    status: "idle",
    modelLimits: { tokensPerDay: 1000 },
    tokensToday: { used: 1000, resetsAt: expect.stringMatching(/T00:00:00.000Z$/) as string },
    queue: { queued: 1 },
    warnings: [expect.stringContaining("prompts wait until")],
  });

  await workspace.stop("SIGKILL");
  await workspace.start({ modelLimits: { tokensPerDay: 1000 } });
  await workspace.ready();
  expect([await usedToday(workspace), await stateOfWaiting()]).toEqual([1000, "queued"]);

  const { pid } = workspace;
  await workspace.provision({ modelLimits: { tokensPerDay: 1001 } });
  expect((await workspace.ended(waiting["id"]))["state"]).toBe("completed");
  expect([workspace.pid, await usedToday(workspace)]).toEqual([pid, 1120]);

  await workspace.stable();
  expect([(await workspace.prompt("fourth")).status, await usedToday(workspace)]).toEqual([429, 1120]);
  process.kill(pid, "SIGUSR2");
  await until(async () => (await usedToday(workspace)) === 0, "the next day");
  expect(await workspace.ask("fifth")).toBe("Echo: fifth");
  expect(await usedToday(workspace)).toBe(120);
  const metrics = await fetch(`${workspace.url}/metrics`, { headers: authorized });
  expect(await metrics.text()).toContain("\ncodex_workspace_tokens_today 120\n");
});

// As the tests of subagents themselves.
const codexes = (await testedCodexes()).filter(({ codexVersion }) => [CODEX_PIN, "0.140.0"].includes(codexVersion));

for (const { codexVersion, codexProgram, without } of codexes) {
  describe.skipIf(without !== "")(`the tokens of a day with Codex ${codexVersion}${without}`, () => {
    test("are those of every thread, each once: of subagents, of a fork, and after a restart", async () => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      const spec = { codexVersion, model: "gpt-5.5" };
      await workspace.start(spec);
      await workspace.ready();
      // Each of the model's answers has 100 tokens of input and 20 of output.
      const asked = () => workspace.model.requests.filter(({ purpose }) => purpose === "turn").length;
      const uncounted = async () => 120 * asked() - Number(await usedToday(workspace));

      await workspace.ask(
        '#model: call multi_agent_v1.spawn_agent {"message":"#model: say done"}\n#model: say started it',
      );
      await until(async () => asked() >= 3 && (await uncounted()) === 0, "the subagent's tokens");

      await workspace.post("/v1/sessions/main/fork", { name: "fork" });
      const ask = async (session: string) =>
        workspace.ended((await workspace.enqueue("go on", {}, session))["id"], session);
      await ask("fork");
      expect(await uncounted()).toBe(0);
      await workspace.stop("SIGKILL");
      await workspace.start(spec);
      await workspace.ready();
      await ask("main");
      await ask("fork");
      expect(await uncounted()).toBe(0);
    });
  });
}
