import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliRun, ended } from "../support/cli.ts";
import { TestWorkspace, token, until } from "../support/workspace.ts";

const program = fileURLToPath(new URL("../../examples/http-task/task.ts", import.meta.url));

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Runs the example as its README does; somebody types an answer, or there is nobody. */
function runTask(prompt: string, { typed = "", as = token } = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [program, prompt], {
    env: { PATH: process.env["PATH"], CODEX_WORKSPACE_URL: workspace.url, CODEX_WORKSPACE_TOKEN: as },
    stdio: "pipe",
  });
  child.stdin.end(typed);
  return ended(child);
}

test("what is allowed runs, and the outcome is the agent's final message", async () => {
  const { code, stdout } = await runTask("#model: run-escalated touch allowed\n#model: say done", { typed: "y\n" });

  expect(stdout).toMatch(/^May Codex do this\? \[y\/N\] .*touch allowed.*\n\$ .*touch allowed.* → completed\n/);
  expect(stdout).toMatch(/\ncompleted: done\n$/);
  expect(code).toBe(0);
  expect(existsSync(join(workspace.layout.workdir, "allowed"))).toBe(true);
});

test.each([
  ["what is not allowed", "n\n"],
  ["what nobody answers", ""],
])("%s does not run, and the turn goes on", async (_what, typed) => {
  const { code, stdout } = await runTask("#model: run-escalated touch denied\n#model: say without it", { typed });

  expect(stdout).toMatch(/touch denied.* → declined\ncompleted: without it\n$/);
  expect(code).toBe(0);
  expect(existsSync(join(workspace.layout.workdir, "denied"))).toBe(false);
});

test("each of two questions gets its own answer", async () => {
  const prompt = "#model: run-escalated touch first\n#model: run-escalated touch second\n#model: say both";
  await runTask(prompt, { typed: "n\ny\n" });

  expect(["first", "second"].map((name) => existsSync(join(workspace.layout.workdir, name)))).toEqual([false, true]);
});

test("a turn that fails, and a token that is refused, are exit code 1 with the reason", async () => {
  const failed = await runTask("#model: fail 400 invalid_prompt");
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/failed: \S+/) as string });

  const refused = await runTask("hello", { as: "wr0ng" });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("TOKEN_INVALID") as string });
});

test("it goes on where the workspace is killed and started again", async () => {
  const running = runTask("#model: hang");
  await until(async () => (await workspace.status())["status"] === "working", "the turn to run");
  await workspace.stop("SIGKILL");
  await workspace.start();

  const { code, stdout } = await running;
  // Why, where Codex had not stored the prompt yet.
  expect(stdout).toMatch(/^(.*; once more\n)+interrupted: .*\n$/);
  expect(code).toBe(1);
});
