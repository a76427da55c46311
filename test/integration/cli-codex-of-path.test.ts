import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { CODEX_PIN } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CliRun, TestCli } from "../support/cli.ts";
import { codexBinary } from "../support/codex.ts";
import { testedCodexes } from "../support/codex-versions.ts";

const npmLauncher = createRequire(import.meta.url).resolve("@openai/codex/bin/codex.js");
const older = (await testedCodexes()).find(({ codexVersion }) => codexVersion === "0.162.1");

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

/** A PATH on which `codex` is that file, or nothing. */
async function pathWith(file: string | undefined): Promise<string> {
  const others = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !existsSync(join(entry, "codex")));
  if (file === undefined) return others.join(delimiter);
  await mkdir(cli.path("bin"));
  await symlink(file, cli.path("bin", "codex"));
  return [cli.path("bin"), ...others].join(delimiter);
}

async function writeSpec(spec: object): Promise<void> {
  await writeFile(cli.path("app", "codex-workspace.json"), JSON.stringify({ installCodex: false, ...spec }));
}

function check(path: string): Promise<CliRun> {
  return cli.run(["config", "check", "--directory", "app", "--engine", "local", "--trust-spec"], {
    env: { PATH: path },
  });
}

test.skipIf(older?.without !== "")("a native Codex on PATH is run as it is, and nothing is downloaded", async () => {
  const program = older?.codexProgram ?? "";
  await writeSpec({ codexVersion: "0.162.1" });
  const env = { PATH: await pathWith(program) };
  expect(await cli.up(["app"], { env })).toMatchObject({ codexVersion: "0.162.1" });
  expect((await cli.run(["send", "#model: say hello"])).stdout).toContain("hello");
  const wrapper = await readFile(cli.path("state", "workspaces", "app", "config", "workspace.json"), "utf8");
  expect((JSON.parse(wrapper) as { codex: { program: string } }).codex.program).toBe(program);
  expect(existsSync(cli.path("home", ".cache", "codex-workspace", "codex"))).toBe(false);
});

test("of npm's launcher on PATH the native program is found", async () => {
  await writeSpec({});
  const path = await pathWith(npmLauncher);
  expect(await check(path)).toMatchObject({ code: 0 });
  const { stdout } = await cli.run(["config", "render", "--directory", "app", "--engine", "local"], {
    env: { PATH: path },
  });
  expect(stdout).toContain(JSON.stringify(codexBinary()));
});

test("another version than the pin, a script that is no launcher of npm's, and no Codex at all are refused", async () => {
  await writeSpec({ codexVersion: "0.155.0" });
  const withPin = await check(await pathWith(codexBinary()));
  expect(withPin).toMatchObject({ code: 1 });
  expect(withPin.stderr).toContain(`is ${CODEX_PIN}; the workspace is pinned to 0.155.0`);
  expect(withPin.stderr).toContain(`Set codexVersion to "${CODEX_PIN}"`);

  const none = await check(await pathWith(undefined));
  expect(none.stderr).toMatch(/PATH has no Codex[^]*npm install --global @openai\/codex@0\.155\.0/);

  await mkdir(cli.path("scripts"));
  await writeFile(cli.path("scripts", "codex"), "#!/bin/sh\necho codex-cli 0.155.0\n", { mode: 0o755 });
  const script = await check([cli.path("scripts"), await pathWith(undefined)].join(delimiter));
  expect(script.stderr).toContain("PATH has no Codex with its native program");
});

test("doctor misses it before up does", async () => {
  await writeSpec({});
  const { stdout } = await cli.run(["doctor", "app", "--engine", "local"], {
    env: { PATH: await pathWith(undefined) },
  });
  expect(stdout).toMatch(/codex[^\n]*installCodex = false/);
});
