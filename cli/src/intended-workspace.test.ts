import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planIntended, readRepositoryConfig, renderConfiguration } from "./intended-workspace.ts";
import { State } from "./state.ts";

let directory: string;
let context: Parameters<typeof planIntended>[0];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  await mkdir(join(directory, "app"));
  context = { cwd: directory, env: {}, state: new State(join(directory, "state")) };
});
afterEach(() => rm(directory, { recursive: true }));

const spec = (text: string): Promise<void> => writeFile(join(directory, "app", "codex-workspace.toml"), text);

test("what is rendered holds no secret and needs none", async () => {
  await spec('[modelProvider]\nbaseUrl = "https://models.example.com/v1"\napiKey = { env = "NOT_SET" }\n');
  const { files, configHash } = renderConfiguration(await planIntended(context, { directory: "app" }));

  expect(Object.keys(files)).toEqual(["config.toml", "workspace.json"]);
  expect(files["config.toml"]).toContain('base_url = "http://127.0.0.1:3285/v1"');
  expect(JSON.parse(files["workspace.json"] ?? "")).toMatchObject({ configHash, name: "app", modelKey: false });
  const local = renderConfiguration(await planIntended(context, { directory: "app", engine: "local" })).files;
  expect(local["config.toml"]).toContain('env_key = "CODEX_WORKSPACE_MODEL_KEY"');
  expect(files["workspace.json"]).not.toMatch(/sha256|tokens/);
});

test("a grant need not be there to see what it is for", async () => {
  await spec('grants = ["openai"]\n[modelProvider]\nbaseUrl = "https://models.example.com/v1"\n');
  const { plan } = await planIntended(context, { directory: "app" });
  expect(plan.network?.gateway.model?.key?.reveal()).toBe("unread");
});

test("requirements.toml is rendered for what is enforced, which the local engine refuses", async () => {
  await spec('enforce = { approvalPolicies = ["on-request"] }\n');
  const { files } = renderConfiguration(await planIntended(context, { directory: "app" }));
  expect(files["requirements.toml"]).toBe('allowed_approval_policies = [ "on-request" ]\n');
  await expect(planIntended(context, { directory: "app", engine: "local" })).rejects.toThrow(
    expect.objectContaining({ problems: [expect.objectContaining({ path: "enforce" })] }),
  );
});

test("AGENTS.md is the block as it is written, and the paths are those of the engine", async () => {
  await spec('systemPrompt = "Be brief."\ntrustProject = true\n');
  const docker = renderConfiguration(await planIntended(context, { directory: "app" })).files;
  const local = renderConfiguration(await planIntended(context, { directory: "app", engine: "local" })).files;

  expect(docker["AGENTS.md"]).toMatch(/^<!-- codex-workspace:begin .*\nBe brief\.\n<!-- codex-workspace:end/);
  expect(docker["config.toml"]).toContain('[projects."/workspace"]');
  expect(local["config.toml"]).toContain(`[projects.${JSON.stringify(join(directory, "app"))}]`);
});

test("the engine is the one that the workspace has", async () => {
  const record = { format: 1, name: "app", engine: "local", directory, createdAt: "" } as const;
  expect((await planIntended(context, { directory: "app" })).engine).toBe("docker");
  await context.state.workspace("app").write(record);
  expect((await planIntended(context, { directory: "app" })).engine).toBe("local");
});

test("a project's own .codex/config.toml is found where the project is a directory of this machine", async () => {
  await mkdir(join(directory, "app", ".codex"));
  await writeFile(join(directory, "app", ".codex", "config.toml"), 'model = "other"\n');
  const found = readRepositoryConfig(await planIntended(context, { directory: "app" }));
  expect(found?.table).toEqual({ model: "other" });

  await spec('project = { volume = "elsewhere" }\n');
  expect(readRepositoryConfig(await planIntended(context, { directory: "app" }))).toBeUndefined();
});
