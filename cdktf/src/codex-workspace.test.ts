import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { CODEX_PIN, WorkspaceError } from "@codex-workspace/core";
import { App, Fn, ref, TerraformOutput, TerraformStack, Testing, Token } from "cdktf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CodexWorkspace } from "./codex-workspace.ts";
import { decided } from "./later-values.ts";

const secrets = { TOKEN: "token-of-the-test", KEY: "key-of-the-test" };
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "codex-workspace-"));
  vi.stubEnv("HOME", home);
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const api = { token: { env: "TOKEN" } };
const image = { prebuilt: `codex@sha256:${"0".repeat(64)}` };

interface Synthesized {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly output?: Readonly<Record<string, { readonly value: string; readonly depends_on: readonly string[] }>>;
  readonly removed?: unknown;
  readonly locals?: Readonly<Record<string, string>>;
}

/** What Terraform gets of a stack with a workspace of these props, of any shape. */
function synthesize(props: object, use: (workspace: CodexWorkspace) => void = () => undefined) {
  const stack = new TerraformStack(new App({ outdir: home }), "stack");
  new DockerProvider(stack, "docker");
  use(new CodexWorkspace(stack, "agent", { api, demoModel: true, image, ...props }));
  const json = Testing.synth(stack, true);
  return { json, ...(JSON.parse(json) as Synthesized) };
}

/** Of one kind, each by its address without the hash that CDKTF ends it with. */
function resources({ resource }: Synthesized, kind: string): Record<string, Readonly<Record<string, unknown>>> {
  const entries = Object.entries(resource[kind] ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name.replace(/_[0-9A-F]{8}$/, ""), value]));
}

function problemsIn(props: object): string[] {
  try {
    synthesize(props);
    return [];
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    expect(error.stack).toBe(`WorkspaceError: ${error.message}`);
    const [first, ...lines] = error.message.split("\n");
    expect(first).toBe('the Codex workspace "stack/agent" cannot be made of these props');
    return lines.map((line) => line.trim());
  }
}

test("the addresses of the resources are contract: another one is another container", async () => {
  const addresses = Object.entries(synthesize({}).resource).flatMap(([kind, named]) =>
    Object.keys(named).map((name) => `${kind}.${name}`),
  );
  await expect(`${addresses.sort().join("\n")}\n`).toMatchFileSnapshot("__golden__/addresses.txt");
});

test("a container is made after what it needs, and again when what it reads at its start changes", () => {
  const containers = resources(synthesize({}), "docker_container");
  const { depends_on, lifecycle, wait, wait_timeout } = containers["agent_workspace-container"]!;
  expect(depends_on).toHaveLength(9);
  expect([wait, wait_timeout]).toEqual([true, 120]);
  const [trigger] = (lifecycle as { replace_triggered_by: string[] }).replace_triggered_by;
  const inputOf = (props: object): unknown => {
    const { resource } = synthesize(props);
    return resource["terraform_data"]?.[trigger!.replace("terraform_data.", "")]?.["input"];
  };
  expect(inputOf({ systemPrompt: "Be brief." })).toBe(inputOf({}));
  expect(inputOf({ resources: { tmpMiB: 64 } })).not.toBe(inputOf({}));
  const replacing = { onConfigChange: "replace" };
  expect(inputOf({ ...replacing, systemPrompt: "Be brief." })).not.toBe(inputOf(replacing));
});

test("what would mean something to Terraform arrives as it is", () => {
  const { json } = synthesize({ systemPrompt: "${HOME} %{ if }", labels: { team: "${team}" }, env: { A: "1" } });
  expect(json).toContain("$${HOME} %%{ if }");
  expect(json).toContain("$${team}");
  expect(json).not.toMatch(/[^$]\$\{(HOME|team)/);
});

test("no secret is in what Terraform gets: it gets where this machine has it", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1", apiKey: { env: "KEY" } };
  const granted = { grants: ["issues"], grantKeys: { issues: { key: { env: "KEY" }, host: "issues.example.com" } } };
  const { json } = synthesize({ demoModel: false, modelProvider, env: { SECRET: { env: "KEY" } }, ...granted });
  for (const secret of Object.values(secrets)) expect(json).not.toContain(secret);
  const directory = join(home, ".local", "state", "codex-workspace", "terraform");
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const holders = files.filter(({ parentPath, name }) => {
    return readFileSync(join(parentPath, name), "utf8").includes(secrets.KEY);
  });
  expect(holders.map(({ name }) => name).sort()).toEqual([
    "etc-codex-workspace-secrets-environment.json",
    "etc-gateway-model-gateway-credentials.conf",
    "etc-gateway-model-gateway-model-key",
  ]);
  for (const { parentPath, name } of holders) expect(json).toContain(join(parentPath, name));
});

test("home and project are Docker's where they are kept, and Terraform's where not", () => {
  const kept = synthesize({});
  expect(Object.keys(resources(kept, "docker_volume"))).not.toContain("agent_home");
  expect(kept.removed).toEqual(
    ["home", "project"].map((role) => ({
      from: expect.stringMatching(`^docker_volume\\.agent_${role}_[0-9A-F]{8}$`) as string,
      lifecycle: { destroy: false },
    })),
  );
  const mounts = resources(kept, "docker_container")["agent_workspace-container"]?.["mounts"] as { source: string }[];
  const home = { source: "codex-workspace-stack-agent-home", target: "/home" };
  expect(mounts[0]).toMatchObject(home);

  const owned = synthesize({ retainHome: false });
  expect(Object.keys(resources(owned, "docker_volume"))).toEqual(
    expect.arrayContaining(["agent_home", "agent_project"]),
  );
  expect(owned.removed).toBeUndefined();
  const theirs = synthesize({ retainHome: false, project: { volume: "sources" } });
  expect(Object.keys(resources(theirs, "docker_volume"))).not.toContain("agent_project");
});

test("outputs are there on request, once the workspace answers, and none of them is a secret", () => {
  expect(synthesize({}).output).toBeUndefined();
  const { output = {}, json } = synthesize({ workspaceName: "demo" }, (workspace) => workspace.addOutputs());
  const url =
    /^http:\/\/127\.0\.0\.1:\$\{one\(\[for port in docker_container\.\S+\.ports : port\.external if port\.internal == 3284\]\)\}$/;
  expect(Object.fromEntries(Object.entries(output).map(([name, { value }]) => [name, value]))).toEqual({
    agent_url: expect.stringMatching(url) as unknown,
    agent_container_id: expect.stringMatching(/^\$\{docker_container\.agent_workspace-container_\w+\.id\}$/) as unknown,
    agent_container_name: expect.stringMatching(/\.name\}$/) as unknown,
    agent_config_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    agent_codex_version: CODEX_PIN,
    agent_attach_command: `codex-workspace attach --url ${output["agent_url"]!.value}`,
  });
  const address = /^docker_container\.agent_workspace-container_\w+$/;
  for (const { depends_on } of Object.values(output)) expect(depends_on).toEqual([expect.stringMatching(address)]);
  expect(json).not.toContain(secrets.TOKEN);
});

test("the URL may stand in a function, and in another stack", () => {
  const app = new App({ outdir: home });
  const stack = new TerraformStack(app, "stack");
  new DockerProvider(stack, "docker");
  const { url } = new CodexWorkspace(stack, "agent", { api, demoModel: true, image });
  const other = new TerraformStack(app, "other");
  for (const scope of [stack, other]) new TerraformOutput(scope, "loud", { value: Fn.upper(url) });
  app.synth();
  const outputOf = (name: string): unknown => {
    const json = readFileSync(join(home, "stacks", name, "cdk.tf.json"), "utf8");
    return (JSON.parse(json) as Synthesized).output?.["loud"]?.value;
  };
  expect(outputOf("stack")).toMatch(/^\$\{upper\("http:\/\/127\.0\.0\.1:\$\{one\(\[for port in docker_container\./);
  expect(outputOf("other")).toMatch(/^\$\{upper\("http:\/\/127\.0\.0\.1:\$\{data\.terraform_remote_state\./);
});

test("children can be changed, and another provider be chosen", () => {
  const stack = new TerraformStack(new App({ outdir: home }), "stack");
  new DockerProvider(stack, "docker");
  const provider = new DockerProvider(stack, "builder", { alias: "builder", host: "ssh://builder" });
  const workspace = new CodexWorkspace(stack, "agent", { api, demoModel: true, image, provider });
  workspace.workspaceContainer.addOverride("hostname", "agent");
  const { resource } = JSON.parse(Testing.synth(stack, true)) as Synthesized;
  expect(resources({ resource }, "docker_container")["agent_workspace-container"]?.["hostname"]).toBe("agent");
  const { terraform_data: _, ...ofDocker } = resource;
  const providers = Object.values(ofDocker).flatMap((named) => Object.values(named).map(({ provider }) => provider));
  expect(new Set(providers)).toEqual(new Set(["docker.builder"]));
});

test("every wrong property is told at once, with its path and what is allowed", () => {
  expect(
    problemsIn({
      sandboxMode: "open",
      modle: "x",
      api: { token: "in-clear" },
      onConfigChange: "restart",
      image: { build: { httpsProxy: { env: "KEY" } } },
      resources: { pids: 64 },
    }),
  ).toEqual([
    expect.stringMatching(/^image\.build\.httpsProxy: would be in clear in Terraform's state/),
    'onConfigChange: expected "reload" or "replace", got "restart"',
    expect.stringMatching(/^sandboxMode: expected one of .* got "open"$/),
    expect.stringMatching(/^api\.token: expected \{ env: NAME \} or \{ file: PATH \}: (?!.*in-clear)/),
    "modle: unknown; did you mean `model`?",
  ]);
  expect(problemsIn({ api: {} })).toEqual([expect.stringMatching(/^api\.token: is missing/)]);
  expect(problemsIn({ resources: { pids: 64 } })).toEqual([expect.stringMatching(/^resources\.pids: /)]);
  expect(problemsIn({ env: { A: { env: "NOT_SET" } } })).toEqual([
    expect.stringMatching(/^props: the environment variable NOT_SET is not set\. /),
  ]);
});

/** What is known only when Terraform runs. */
const later = ref("var.later");
const text = Token.asString(later);
const number = Token.asNumber(later);

test("what is known only when Terraform runs is written where it belongs, and hashed there", () => {
  const { json, ...all } = synthesize(
    { systemPrompt: `Be ${text}. \${HOME}`, model: text, labels: { team: text } },
    (workspace) => workspace.addOutputs(),
  );
  const { locals = {}, output = {} } = all;
  const named = Object.fromEntries(
    Object.entries(locals).map(([name, value]) => [name.replace(/_[0-9A-F]{8}$/, ""), value]),
  );
  expect(named["agent_values_systemPrompt"]).toBe("Be ${var.later}. $${HOME}");
  expect(named["agent_values_configtoml"]).toMatch(
    /^model = "\$\{trimsuffix\(trimprefix\(jsonencode\(local\.agent_values_model_\w+\), "\\""\), "\\""\)\}"$/m,
  );
  expect(named["agent_values_manifestjson"]).toMatch(
    /"AGENTS\.md": "\$\{sha256\(local\.agent_values_AGENTSmd_\w+\)\}"/,
  );
  expect(output["agent_config_hash"]!.value).toMatch(
    /^\$\{sha256\(jsonencode\(\["[0-9a-f]{64}", local\.agent_values_systemPrompt_\w+, local\.agent_values_model_\w+\]\)\)\}$/,
  );
  expect(json).not.toContain("terraform-value");
});

test("a file whose place Terraform knows is read by Terraform, and what is in it is in no text", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1", apiKey: { file: text } };
  const all = synthesize({ api: { token: { file: text } }, demoModel: false, modelProvider });
  const { upload } = resources(all, "docker_container")["agent_config-container"] as {
    upload: Record<string, string>[];
  };
  const of = (name: string) => upload.find(({ file }) => file!.endsWith(name));
  expect(of("/model-gateway/model-key")).toMatchObject({
    source: "${var.later}",
    source_hash: "${filesha256(var.later)}",
  });
  expect(of("tokens.json")!["content"]).toMatch(/^\$\{local\.agent_values_tokensjson_\w+\}$/);
  expect(all.json).toContain("${sha256(trimspace(file(var.later)))}");
});

test("numbers that nothing is planned by may be known only when Terraform runs", () => {
  const all = synthesize({ api: { ...api, port: number }, waitTimeoutSeconds: number });
  const { "agent_model-gateway-container": gateway, "agent_workspace-container": workspace } = resources(
    all,
    "docker_container",
  );
  expect(gateway?.["ports"]).toMatchObject([{ internal: 3284, external: "${(var.later < 1) ? null : var.later}" }]);
  expect(workspace?.["wait_timeout"]).toBe("${var.later}");
});

test.each<[path: string, props: object]>([
  ["sandboxMode", { sandboxMode: text }],
  ["statePersistence", { statePersistence: later }],
  ["resources.memoryMiB", { resources: { memoryMiB: number } }],
  ["network.allow[0]", { network: { allow: [text] } }],
  ["network.allow", { network: { allow: Token.asList(later) } }],
  ["modelProvider.baseUrl", { demoModel: false, modelProvider: { baseUrl: text } }],
  [
    "modelProvider.organization",
    { demoModel: false, modelProvider: { baseUrl: "https://m.test", organization: text } },
  ],
  ["mcpServers.docs.url", { mcpServers: { docs: { url: `https://${text}/mcp` } } }],
  ["image.build.baseImage", { image: { build: { baseImage: text } } }],
  ["codexVersion", { codexVersion: text }],
  ["workdir", { workdir: text }],
  ["labels", { labels: { [text]: "x" } }],
  ["extraSettings", { extraSettings: text }],
])("%s is refused where it is known only when Terraform runs", (path, props) => {
  expect(problemsIn(props)).toEqual([`${path}: ${decided(path).message}`]);
});

test("a secret that is written together with others is read when the program runs", () => {
  expect(problemsIn({ env: { A: { file: text }, B: { env: "KEY" } } })).toEqual([
    expect.stringMatching(/^env\.A\.file: is read when the program runs/),
  ]);
  expect(problemsIn({ env: { A: { env: text } } })).toEqual([expect.stringMatching(/^env\.A\.env: /)]);
});

test("a secret file in the directory that is bound as the project is refused, and beside it read", () => {
  mkdirSync(join(home, "project"));
  for (const file of ["key", join("project", "key")]) writeFileSync(join(home, file), "key-in-a-file");
  const keyIn = (file: string): object => ({
    project: { bind: join(home, "project") },
    env: { KEY: { file: join(home, file) } },
  });
  expect(problemsIn(keyIn("key"))).toEqual([]);
  expect(problemsIn(keyIn(join("project", "key")))).toEqual([expect.stringContaining("Move the secret file out")]);
});
