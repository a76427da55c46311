import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ended, rootWarnings, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

const spec = (inputs: object): Promise<void> =>
  writeFile(cli.path("app", "codex-workspace.json"), JSON.stringify(inputs));
const before = { env: { GREETING: "hello" } };
const after = { env: { GREETING: "goodbye" } };
/** What the agent's commands have of it. */
const greeting = async (): Promise<string> => (await cli.run(["send", "#model: run echo [$GREETING]"])).stdout;
const upArgs = ["up", "app", "--engine", "local", "--port", "0", "--trust-spec"];

/** Begins a turn that a file ends. */
async function beginTurn(): Promise<() => Promise<void>> {
  await cli.run(["send", "--no-wait", "#model: run touch begun; until [ -e end ]; do sleep 0.1; done; echo whole"]);
  await until(() => existsSync(cli.path("app", "begun")), "the turn to run");
  return () => writeFile(cli.path("app", "end"), "");
}

async function lastAnswer(): Promise<string | undefined> {
  const { messages } = await cli.json(["messages"]);
  return (messages as { content: string }[]).at(-1)?.content;
}

test("a changed setting is in force in the same process and thread, and only that is said", async () => {
  await spec(before);
  const first = await cli.up(["app"]);
  expect(await greeting()).toContain("[hello]");
  const { threadId } = await cli.json(["status"]);

  await spec(after);
  const { stdout, stderr } = await cli.run(upArgs);
  expect(stdout).toMatch(/^"app" runs on, with its new settings, at /);
  const warnings = rootWarnings.map((text) => `warning: ${text}\n`).join("");
  expect(stderr).toMatch(
    new RegExp(`^the local engine .*\nonly the configuration changed: it is reloaded where it runs\n${warnings}$`),
  );
  expect(await greeting()).toContain("[goodbye]");
  expect(await cli.json(["status"])).toMatchObject({ threadId });
  expect(await cli.up(["app"])).toMatchObject({ change: "unchanged", pid: first["pid"], url: first["url"] });
});

test("a day's limit of tokens is refused, seen and raised where the workspace runs", async () => {
  const limited = (tokensPerDay: number) => spec({ ...before, modelLimits: { tokensPerDay } });
  await limited(100);
  const { pid } = await cli.up(["app"]);
  await cli.run(["send", "hello"]);
  const refused = await cli.run(["send", "more"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /the workspace has used \d+ tokens today \(UTC\), of 100\n→ Send it again after .*, or raise/,
  );
  expect((await cli.run(["status"])).stdout).toMatch(/^tokens +\d{3} of 100 today \(UTC\)$/m);

  await limited(1_000_000);
  expect(await cli.up(["app"])).toMatchObject({ change: "reloaded", pid });
  expect((await cli.run(["send", "more"])).code).toBe(0);
});

test("files that come are written, and those that are no more are removed", async () => {
  await spec({ ...before, postInstallScript: "true", profiles: { fast: { model: "gpt-5.4" } } });
  await cli.up(["app"]);
  const files = (): Promise<string[]> => readdir(cli.path("state", "workspaces", "app", "config"), { recursive: true });
  expect(await files()).toEqual(expect.arrayContaining(["post-install", "profiles/fast.config.toml"]));

  await spec({ ...before, systemPrompt: "Be brief." });
  expect(await cli.up(["app"])).toMatchObject({ change: "reloaded" });
  expect((await files()).sort()).toEqual([
    "AGENTS.md",
    "config.toml",
    "manifest.json",
    "tokens.json",
    "workspace.json",
  ]);
  expect(await readFile(cli.path("state", "workspaces", "app", "codex-home", "AGENTS.md"), "utf8")).toContain(
    "Be brief.",
  );
});

test("a turn that runs ends whole, and then the settings that up has waited with are in force", async () => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  const endTurn = await beginTurn();
  await spec(after);
  const up = cli.start([...upArgs, "--json"]);
  let said = "";
  up.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const end = ended(up);
  await until(() => said.includes("waiting: "), "the turn to be waited for");
  expect(said).toContain('a turn runs in session "main"');
  expect((await cli.run(["status"])).stdout).toMatch(/^reload +waiting: a turn runs in session "main"$/m);

  await endTurn();
  const { code, stdout } = await end;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ change: "reloaded", pid });
  expect(said.split("waiting: ")).toHaveLength(2);
  expect(await lastAnswer()).toContain("whole");
  expect(await greeting()).toContain("[goodbye]");
});

test.each([
  ["Ctrl-C", 130],
  ["--timeout", 1],
  ["--detach", 0],
])("with %s the settings are left to the workspace, which takes them after the turn", async (how, code) => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  const endTurn = await beginTurn();
  await spec(after);
  const more = { "--timeout": ["--timeout", "1"], "--detach": ["--detach"] }[how] ?? [];
  const up = cli.start([...upArgs, ...more]);
  let said = "";
  up.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const end = ended(up);
  if (how === "Ctrl-C") {
    await until(() => said.includes("waiting: "), "the turn to be waited for");
    up.kill("SIGINT");
  }
  expect(await end).toMatchObject({
    code,
    stderr: expect.stringContaining("takes its new settings by itself, as soon as no turn runs") as string,
  });

  await endTurn();
  expect(await cli.up(["app"])).toMatchObject({ pid });
  expect(await lastAnswer()).toContain("whole");
  expect(await greeting()).toContain("[goodbye]");
  expect(await cli.up(["app"])).toMatchObject({ change: "unchanged" });
});

test("settings that fail leave the former ones in force, and are tried again by every up until they work", async () => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  await spec({ ...after, postInstallScript: "test -e mended" });
  for (const time of ["first", "second"]) {
    const { code, stderr } = await cli.run(upArgs);
    expect(code, time).toBe(1);
    expect(stderr).toMatch(/^error: "app" goes on with its former settings: postInstallScript[\s\S]*\n→ /m);
    expect(await greeting()).toContain("[hello]");
  }
  expect(JSON.parse((await cli.run([...upArgs, "--json"])).stdout)).toMatchObject({
    error: { code: "START_SCRIPT_FAILED" },
  });

  await writeFile(cli.path("app", "mended"), "");
  expect(await cli.up(["app"])).toMatchObject({ change: "reloaded", pid });
  expect(await greeting()).toContain("[goodbye]");
});

test("settings that Codex does not start with are told with its reason, and others mend it", async () => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  await spec({ ...before, extraSettings: "model_context_window = 'wide'" });
  const { code, stderr } = await cli.run(upArgs);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^error: Codex \S+ refuses the configuration: extraSettings: model_context_window .* expected i64$/m,
  );
  await spec(after);
  expect(await cli.up(["app"])).toMatchObject({ change: "reloaded", pid });
  expect(await greeting()).toContain("[goodbye]");
});

test("an up that is killed after it wrote leaves nothing that the next one does not end", async () => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  const endTurn = await beginTurn();
  await spec(after);
  const up = cli.start(upArgs);
  const end = ended(up);
  await until(async () => (await cli.json(["status"]))["reload"] !== undefined, "the new configuration to be there");
  up.kill("SIGKILL");
  await end;
  await endTurn();
  await spec(before);
  expect(await cli.up(["app"])).toMatchObject({ change: "reloaded", pid });
  expect(await greeting()).toContain("[hello]");
});

test.each([
  ["another address", { api: { origins: ["https://tasks.example.com"] } }, "api"],
  ["a state of another kind", { statePersistence: false }, "paths"],
])("%s needs another process, and up says so", async (_what, input, part) => {
  await spec(before);
  const { pid } = await cli.up(["app"]);
  await spec({ ...before, ...input });
  const { stdout, stderr } = await cli.run([...upArgs, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ change: "replaced" });
  expect(JSON.parse(stdout)).not.toMatchObject({ pid });
  expect(stderr).toContain(`\nchanged: ${part}: replacing the wrapper's process; `);
});

test("another port is another process, at that port", async () => {
  const first = await cli.up(["app"]);
  const port = new URL(String(first["url"])).port;
  const second = await cli.json(["up", "app", "--port", port, "--trust-spec"]);
  expect(second).toMatchObject({ change: "replaced", url: first["url"] });
  expect(second["pid"]).not.toBe(first["pid"]);
});
