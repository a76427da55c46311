import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CODEX_PIN, type WorkspaceSpec } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const mcpServer = fileURLToPath(new URL("../support/programs/mcp-server.mjs", import.meta.url));

const spec = {
  model: "gpt-5.5",
  modelReasoningEffort: "low",
  profiles: {
    deep: {
      model: "gpt-5.4",
      model_reasoning_effort: "high",
      sandbox_mode: "read-only",
      mcp_servers: { notes: { command: process.execPath, args: [mcpServer] } },
    },
  },
} satisfies WorkspaceSpec;

const ofConfig = { model: "gpt-5.5", reasoning: { effort: "low" } };
const ofProfile = { model: "gpt-5.4", reasoning: { effort: "high" } };

/** What the model was last asked to do it with. */
function lastTurn({ model }: TestWorkspace): unknown {
  return model.requests.findLast(({ purpose }) => purpose === "turn")?.body;
}

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`Codex ${codexVersion}${without}`, () => {
    test("a session has the settings of its profile, after a restart too, and without it those of config.toml", async () => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      const configToml = (): Promise<string> => readFile(join(workspace.layout.codexHome, "config.toml"), "utf8");
      const start = async (more: WorkspaceSpec): Promise<unknown> => {
        await workspace.stop();
        await workspace.start({ codexVersion, ...spec, ...more });
        await workspace.ready();
        return (await workspace.status())["threadId"];
      };

      const thread = await start({ profile: "deep" });
      expect(await workspace.mayWrite("refused")).toBe(false);
      expect(lastTurn(workspace)).toMatchObject(ofProfile);
      const written = await configToml();

      expect(await start({ profile: "deep" })).toBe(thread);
      expect(await workspace.mayWrite("refused-again")).toBe(false);
      expect(lastTurn(workspace)).toMatchObject(ofProfile);

      expect(await start({})).toBe(thread);
      expect(await workspace.mayWrite("allowed")).toBe(true);
      expect(lastTurn(workspace)).toMatchObject(ofConfig);
      expect(await configToml()).toBe(written);

      expect(await start({ profile: "deep" })).toBe(thread);
      expect(await workspace.mayWrite("refused-once-more")).toBe(false);
      expect(lastTurn(workspace)).toMatchObject(ofProfile);
    });
  });
}

describe(`Codex ${CODEX_PIN}`, () => {
  test("the tools of a profile's MCP server are offered to the model, and elsewhere they are not", async () => {
    await using workspace = await TestWorkspace.create();
    const tools = async (profile?: string): Promise<string> => {
      await workspace.stop();
      // Of a model that is told of every tool at once.
      await workspace.start({ ...spec, model: "gpt-5.4", profile });
      await workspace.ready();
      await workspace.ask("hello");
      return JSON.stringify((lastTurn(workspace) as { tools: unknown }).tools);
    };
    expect(await tools("deep")).toContain("mcp__notes");
    expect(await tools("deep")).toContain("mcp__notes");
    expect(await tools()).not.toContain("mcp__notes");
  });

  test("a trusted repository's own config.toml wins over no key of the profile", async () => {
    await using workspace = await TestWorkspace.create();
    const folder = join(workspace.layout.workdir, ".codex");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, "config.toml"),
      'model = "gpt-5.2"\nmodel_reasoning_effort = "minimal"\nsandbox_mode = "danger-full-access"\n',
    );
    await workspace.start({ ...spec, trustProject: true, profile: "deep" });
    await workspace.ready();
    expect(await workspace.mayWrite("refused")).toBe(false);
    expect(lastTurn(workspace)).toMatchObject(ofProfile);
  });

  test("what is typed in the terminal has the profile's settings too", async () => {
    await using workspace = await TestWorkspace.start({ ...spec, profile: "deep" });
    const screen = await workspace.followScreen();
    await until(() => screen().includes("›"), "the terminal to show its prompt");
    await workspace.typePrompt("typed by hand", screen);
    await until(() => lastTurn(workspace) !== undefined, "the typed prompt to reach the model");
    expect(lastTurn(workspace)).toMatchObject(ofProfile);
    await workspace.stable();
  });

  test("each profile is a file of its own for `codex --profile`, and goes with the profile", async () => {
    await using workspace = await TestWorkspace.start(spec);
    const { codexHome, codexProgram, workdir } = workspace.layout;
    const file = join(codexHome, "deep.config.toml");
    const turnOf = async (...flags: string[]): Promise<unknown> => {
      const env = { PATH: process.env["PATH"], HOME: workspace.directory, CODEX_HOME: codexHome };
      const running = promisify(execFile)(codexProgram, [...flags, "exec", "--skip-git-repo-check", "hello"], {
        cwd: workdir,
        env,
      });
      running.child.stdin?.end();
      await running;
      return lastTurn(workspace);
    };
    expect(await turnOf("--profile", "deep")).toMatchObject(ofProfile);
    expect(await turnOf()).toMatchObject(ofConfig);

    const start = async (more: WorkspaceSpec): Promise<unknown> => {
      await workspace.stop();
      await workspace.start({ ...spec, ...more });
      await workspace.ready();
      return (await workspace.status())["configConflicts"];
    };
    const theirs = "\n# Mine.\n[mcp_servers.mine]\nenabled = false # here\ncommand = 'true'\n";
    await appendFile(file, theirs);
    expect(await start({ profiles: { deep: { model: "gpt-5.2" } } })).toEqual([]);
    const text = await readFile(file, "utf8");
    expect(text).toContain(theirs);
    expect(text).toContain('model = "gpt-5.2"');
    expect(text).not.toContain("notes");

    await writeFile(file, text.replace("gpt-5.2", "gpt-5.1"));
    const profiles = { deep: { model: "gpt-5.3" }, look: { sandbox_mode: "read-only" } };
    expect(await start({ profiles })).toMatchObject([
      { file: "deep.config.toml", key: "model", kept: "ours", ours: '"gpt-5.3"', theirs: '"gpt-5.1"' },
    ]);
    expect(existsSync(join(codexHome, "look.config.toml"))).toBe(true);

    expect(await start({ profiles: {} })).toEqual([]);
    expect(existsSync(join(codexHome, "look.config.toml"))).toBe(false);
    expect(await readFile(file, "utf8")).toContain(theirs.trim());
    expect(await readFile(file, "utf8")).not.toContain("gpt-5");
  });

  test("a profile's file that was broken by hand is named, and nothing is written", async () => {
    await using workspace = await TestWorkspace.start(spec);
    await workspace.stop();
    const { codexHome } = workspace.layout;
    const before = await readFile(join(codexHome, "config.toml"), "utf8");
    await appendFile(join(codexHome, "deep.config.toml"), 'key = "sk-in-a-broken-line\n');
    await workspace.start({ ...spec, model: "gpt-5.2" });
    let reason = "";
    await until(async () => {
      const answer = await workspace.get("/readyz", {}).catch(() => undefined);
      reason = String(answer?.body["reason"]);
      return answer?.body["state"] === "failed";
    }, "the wrapper to give up");
    expect(reason).toMatch(/^CODEX_HOME\/deep\.config\.toml:\d+:\d+/);
    expect(reason).not.toContain("sk-in-a-broken-line");
    expect(await readFile(join(codexHome, "config.toml"), "utf8")).toBe(before);
  });

  test("a variable that config.toml keeps from commands stays kept where the profile sets another", async () => {
    const value = async (more: WorkspaceSpec): Promise<string> => {
      const variables = {
        env: { KEPT: "kept" },
        profiles: { deep: { shell_environment_policy: { set: { MORE: "more" } } } },
      };
      await using workspace = await TestWorkspace.start({ ...variables, ...more });
      return await workspace.ask('#model: run sh -c "echo variables: $KEPT $MORE"');
    };
    const shellEnvironmentPolicy = { exclude: ["KEPT"] };
    expect(await value({ profile: "deep" })).toMatch(/variables: kept more/);
    expect(await value({ profile: "deep", shellEnvironmentPolicy })).toMatch(/variables: more/);
    expect(await value({ shellEnvironmentPolicy })).toMatch(/variables:\s*\n/);
  });
});
