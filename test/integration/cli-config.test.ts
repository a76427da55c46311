import { mkdir, readFile, writeFile } from "node:fs/promises";
import { CODEX_PIN } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

const spec = (text: string): Promise<void> => writeFile(cli.path("app", "codex-workspace.toml"), text);
const config = (...args: readonly string[]): ReturnType<TestCli["run"]> =>
  cli.run(["config", ...args], { cwd: cli.path("app") });

test("check: Codex itself accepts what a full spec renders, and refuses a key that it does not know", async () => {
  await spec(`systemPrompt = "Be brief."
model = "gpt-5.4"
[extraSettings]
model_reasoning_effort = "high"
mcp_servers.docs = { command = "docs-server", env = { DOCS_TOKEN = "hidden" } }
`);
  expect(await config("check", "--trust-spec")).toMatchObject({
    code: 0,
    stdout: `Codex ${CODEX_PIN} accepts the configuration, every key of it\n`,
  });
  expect((await config("check", "--trust-spec", "--json", "--engine", "local")).stdout).toContain('"accepted":true');

  await spec("[extraSettings]\nmodel_reasoning_efort = 1\n");
  const refused = await config("check", "--trust-spec", "--json");
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    error: {
      code: "CONFIG_REFUSED",
      problems: [
        {
          path: "extraSettings: model_reasoning_efort = 1",
          message: "unknown configuration field `model_reasoning_efort`",
        },
      ],
    },
  });
});

test("check: what a profile makes of the configuration is judged too, used or not", async () => {
  await spec('[profiles.deep]\nmodel_reasoning_effort = "high"\n');
  expect((await config("check", "--trust-spec")).code).toBe(0);
  await spec('[profiles.deep]\nmodel_reasoning_efort = "high"\n');
  expect(JSON.parse((await config("check", "--trust-spec", "--json")).stdout)).toMatchObject({
    error: { code: "CONFIG_REFUSED", problems: [{ path: 'profiles.deep: model_reasoning_efort = "high"' }] },
  });
});

test("explain names the profile of the session", async () => {
  await spec('model = "gpt-5.4"\nprofile = "deep"\n[profiles.deep]\nmodel = "gpt-5.5"\n');
  expect((await config("explain", "model")).stdout).toBe(
    'model = "gpt-5.5"\n    profiles.deep; inputs said "gpt-5.4"\n',
  );
});

test("render writes into a directory once, and overwrites nothing", async () => {
  await spec('systemPrompt = "Be brief."\n');
  const written = await config("render", "--out", "rendered");
  expect(written).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(cli.path("app", "rendered", "AGENTS.md"), "utf8")).toContain("\nBe brief.\n");
  const printed = await config("render");
  expect(printed.stdout).toContain(await readFile(cli.path("app", "rendered", "config.toml"), "utf8"));

  const again = await config("render", "--out", "rendered");
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("EEXIST") as string });
});

test("explain names layers, and what the project's own config.toml changes", async () => {
  await spec('sandboxMode = "read-only"\ntrustProject = true\n');
  await mkdir(cli.path("app", ".codex"));
  await writeFile(cli.path("app", ".codex", "config.toml"), 'sandbox_mode = "danger-full-access"\nmodel = "other"\n');

  const all = await config("explain");
  expect(all.stdout).toContain('sandbox_mode = "read-only"\n    inputs; defaults said "workspace-write"\n');
  expect(all.stdout).toContain('model = "other"\n    applies\n');
  const one = await config("explain", "sandbox_mode", "--json");
  expect(JSON.parse(one.stdout)).toMatchObject({
    keys: [{ key: "sandbox_mode", layer: "inputs" }],
    repository: { keys: [{ value: '"danger-full-access"', effect: "yields" }] },
  });
  expect(await config("explain", "sandbox_mod")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean sandbox_mode?") as string,
  });
});

test("a failure is without a stack, and with --debug its stack names the sources", async () => {
  await spec("sandboxmode = 1\n");
  expect((await config("render")).stderr).not.toContain("\n    at ");

  const { code, stderr } = await config("render", "--debug");
  expect(code).toBe(2);
  expect(stderr).toMatch(/^ {4}at parseSpec \(.*core\/src\/spec\/parse-spec\.ts:\d+:\d+\)$/m);
});

test("`up` says what Codex refuses as `config check` says it: the key and its layer", async () => {
  await spec('[extraSettings.mcp_servers.davinci.tools.project]\napproval_mode = "auto"\n');
  const checked = JSON.parse((await config("check", "--trust-spec", "--json", "--engine", "local")).stdout) as object;
  const up = await cli.run(["up", "app", "--engine", "local", "--port", "0", "--trust-spec", "--json"]);
  expect(JSON.parse(up.stdout)).toEqual(checked);
  expect(checked).toMatchObject({
    error: {
      code: "CONFIG_REFUSED",
      message: expect.stringMatching(/extraSettings: mcp_servers\.davinci.*invalid transport/) as string,
    },
  });
});
