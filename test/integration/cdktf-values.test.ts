import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { CodexWorkspace, type CodexWorkspaceProps } from "@codex-workspace/cdktf";
import { configFiles, containerPaths, hashOfFile, parseToml } from "@codex-workspace/core";
import { TerraformStack, TerraformVariable, Testing } from "cdktf";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const run = promisify(execFile);
const version = await run("terraform", ["version"]).then(
  ({ stdout }) => stdout,
  () => undefined,
);
const without = version === undefined ? " (SKIPPED: there is no terraform)" : "";

/** What each text means to JSON, TOML, Terraform or a shell. */
const value = 'a "quoted" \\ ${HOME} %{ if } $${x} <&> \u2028 é\t\r\nlast line "';

interface Upload {
  readonly file: string;
  readonly content?: string;
  readonly source?: string;
}

interface Synthesized {
  readonly resource: {
    readonly docker_container: Readonly<Record<string, { readonly upload?: readonly Upload[] }>>;
  };
  readonly locals?: object;
  readonly variable?: object;
}

/** What a workspace is given, whose texts are these. */
function propsOf(text: (name: string) => string): CodexWorkspaceProps {
  return {
    workspaceName: text("name"),
    api: { token: { file: text("token") } },
    demoModel: true,
    image: { prebuilt: `codex@sha256:${"0".repeat(64)}` },
    env: { VARIABLE: text("env") },
    model: text("model"),
    systemPrompt: text("systemPrompt"),
    projectSystemPrompt: { text: text("projectSystemPrompt") },
    initialPrompt: text("initialPrompt"),
    preInstallScript: text("preInstallScript"),
    mcpServers: { docs: { command: text("command"), args: ["--", text("argument")], env: { KEY: text("mcpEnv") } } },
    extraSettings: { model_verbosity: "low", notice: { text: text("setting") } },
    profiles: { other: { model: text("profile") } },
  };
}

function synthesize(name: string, props: (stack: TerraformStack) => CodexWorkspaceProps): Synthesized {
  const stack = new TerraformStack(Testing.app(), name);
  new DockerProvider(stack, "docker");
  new CodexWorkspace(stack, "agent", props(stack));
  return JSON.parse(Testing.synth(stack, true)) as Synthesized;
}

describe.skipIf(without !== "")(`values that Terraform alone knows${without}`, () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "codex-workspace-"));
    vi.stubEnv("HOME", home);
    await writeFile(join(home, "token"), "token-of-the-test\n");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });

  /** What Terraform makes of each file, where every variable is the value. */
  async function evaluate({ resource, locals, variable = {} }: Synthesized): Promise<Record<string, string>> {
    const contents = Object.fromEntries(uploads(resource).map(({ file, content = "" }) => [file, content]));
    const directory = await mkdtemp(join(home, "terraform-"));
    const configuration = { locals, variable, output: { contents: { value: contents } } };
    await writeFile(join(directory, "main.tf.json"), JSON.stringify(configuration));
    const variables = Object.keys(variable).map((name) => [`TF_VAR_${name}`, valueOf(name)] as const);
    const env = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", ...Object.fromEntries(variables) };
    await run("terraform", ["apply", "-auto-approve", "-input=false", "-no-color"], { cwd: directory, env });
    const { stdout } = await run("terraform", ["output", "-json", "contents"], { cwd: directory, env });
    return JSON.parse(stdout) as Record<string, string>;
  }

  const valueOf = (name: string): string => ({ name: "demo", token: join(home, "token") })[name] ?? value;

  test("are in the files as if the program had known them, and the hashes are those of the files", async () => {
    const known = synthesize("known", () => propsOf(valueOf));
    const later = synthesize("later", (stack) => propsOf((name) => new TerraformVariable(stack, name, {}).stringValue));
    const evaluated = await evaluate(later);

    const files = uploads(known.resource);
    expect(files.length).toBeGreaterThan(8);
    for (const { file, content, source = "" } of files) {
      const expected = content === undefined ? await readFile(source, "utf8") : unescape(content);
      expect([file, parsed(file, evaluated[file] ?? "")]).toEqual([file, parsed(file, expected)]);
    }
    const manifest = JSON.parse(evaluated[`${containerPaths.config}/${configFiles.manifest}`] ?? "") as {
      files: Record<string, string>;
    };
    const hashes = Object.keys(manifest.files).map((name) => {
      return [name, hashOfFile(evaluated[`${containerPaths.config}/${name}`] ?? "")];
    });
    expect(manifest.files).toEqual(Object.fromEntries(hashes));
  });
});

/** Of the configuration. */
function uploads({ docker_container }: Synthesized["resource"]): Upload[] {
  const all = Object.values(docker_container).flatMap(({ upload = [] }) => upload);
  return all.filter(({ file }) => file.startsWith(`${containerPaths.config}/`));
}

/** What is read from a file, but for hashes of the configuration: they need only be others for another one. */
function parsed(file: string, text: string): unknown {
  if (file.endsWith(".toml")) return parseToml(text, { layer: file });
  if (!file.endsWith(".json") || text === "") return text;
  return {
    ...(JSON.parse(text) as object),
    configHash: undefined,
    ...(file.endsWith("manifest.json") && { files: [] }),
  };
}

function unescape(template: string): string {
  return template.replaceAll(/([$%])\1\{/g, "$1{");
}
