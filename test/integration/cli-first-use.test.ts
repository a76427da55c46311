import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CliRun, cliProgram, ended, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
});
afterEach(() => cli[Symbol.asyncDispose]());

const text = (part: string): unknown => expect.stringContaining(part);

describe.runIf(process.getuid?.() === 0)("a user without HOME and without an entry in the list of users", () => {
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliRun> =>
    ended(
      spawn(process.execPath, [cliProgram, ...args], {
        cwd: "/",
        env: { PATH: process.env["PATH"] ?? "", ...env },
        uid: 30_001,
        gid: 30_001,
      }),
    );

  test("has help, and whatever needs no home", async () => {
    for (const args of [["--help"], ["--version"], ["up", "--help"], ["completion", "bash"], ["grant"]]) {
      expect(await run(args), args.join(" ")).toMatchObject({ code: 0, stderr: "" });
    }
    expect(await run(["list", "--json"], { HOME: "" })).toMatchObject({
      code: 2,
      stdout: text('"code":"HOME_UNKNOWN"'),
      stderr: text("Set HOME, or CODEX_WORKSPACE_STATE"),
    });
    await chmod(cli.directory, 0o755);
    await mkdir(cli.state, { mode: 0o777 });
    await chmod(cli.state, 0o777);
    for (const env of [{ CODEX_WORKSPACE_STATE: cli.state }, { XDG_STATE_HOME: cli.state }]) {
      expect(await run(["list", "--json"], env)).toMatchObject({ code: 0, stdout: '{"workspaces":[]}\n' });
    }
  });
});

test("a DIR that is missing is created after a question, with --create, and with a note without a terminal", async () => {
  const asked = cli.inTerminal(["up", "mistyped", "--engine", "local", "--port", "0"]);
  await until(() => asked.screen().includes("does not exist. Create it? [y/N]"), "the question");
  asked.write("n\r");
  expect(await asked.exitCode).toBe(2);
  expect(existsSync(cli.path("mistyped"))).toBe(false);
  expect(await cli.names()).toEqual([]);

  const up = ["--engine", "local", "--port", "0", "--detach"];
  const created = cli.inTerminal(["up", "app", "--create", ...up]);
  expect(await created.exitCode).toBe(0);
  expect(created.screen()).not.toContain("[y/N]");
  expect(created.screen()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/chat\/embed/);
  expect((await cli.run(["up", "other", ...up])).stderr).toContain(`${cli.path("other")} does not exist: creating it`);
});

test("bubblewrap that is missing is a warning with the package to install", async () => {
  // Node alone is there.
  await mkdir(cli.path("bin"));
  const env = { PATH: cli.path("bin") };
  const { findings } = JSON.parse((await cli.run(["doctor", "--json", "--engine", "local"], { env })).stdout) as {
    findings: { check: string; level: string; remedy?: string }[];
  };
  expect(findings).toContainEqual(
    expect.objectContaining({ check: "bubblewrap", level: "warn", remedy: text("apt-get") }),
  );
});

test("the log is text on a terminal, and JSON in a pipe or with --json", async () => {
  await cli.up(["app"]);
  const inTerminal = async (...args: readonly string[]): Promise<string> => {
    const { screen, exitCode } = cli.inTerminal(["logs", ...args]);
    expect(await exitCode).toBe(0);
    return screen();
  };
  const shown = await inTerminal();
  expect(shown).toMatch(/^\d{4}-\S+Z info: listening\r$/m);
  expect(shown).not.toContain("{");
  for (const json of [await inTerminal("--json"), (await cli.run(["logs"])).stdout]) {
    for (const line of json.trim().split(/\r?\n/)) expect(JSON.parse(line)).toHaveProperty("msg");
  }
});

test("scripts with CRLF run, from a spec with CRLF and a byte order mark too", async () => {
  await mkdir(cli.path("app"));
  const script = '#!/bin/sh\r\nset -eu\r\nif true; then\r\n  touch "$PWD/ran"\r\nfi\r\n';
  const spec = JSON.stringify({ preInstallScript: script }, null, 2).replaceAll("\n", "\r\n");
  await writeFile(cli.path("app", "codex-workspace.json"), `\ufeff${spec}`);
  await cli.up(["app"]);
  expect(existsSync(cli.path("app", "ran"))).toBe(true);
});

test("what docs/cli.md says of `status --json` and `exec --json` is there", async () => {
  await cli.up(["app"]);
  const { prompt } = await cli.json(["exec", "app", "-p", "#model: say hi"]);
  expect(prompt).toMatchObject({ state: "completed", finalMessage: "hi" });
  for (const key of ["id", "turnId", "usage"]) expect(prompt).toHaveProperty(key);
  const status = await cli.json(["status"]);
  expect(status).toMatchObject({ lastTurn: { status: "completed", finalMessage: "hi" } });
  const always = ["name", "status", "threadId", "codexVersion", "sandbox", "configHash", "configConflicts", "users"];
  const ofCommand = ["warnings", "engine", "url", "directory", "told", "model", "network"];
  for (const key of [...always, ...ofCommand]) expect(status).toHaveProperty(key);
});
