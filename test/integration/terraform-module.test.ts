import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { renderTerraformModule } from "@codex-workspace/cdktf/terraform-module";
import { parseToml, Secret, type WorkspaceSpec } from "@codex-workspace/core";
import { ownInputDefaults, prepareWorkspace } from "@codex-workspace/provisioning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const run = promisify(execFile);
const reason = await run("terraform", ["version"]).then(
  () => undefined,
  () => "terraform is not on PATH",
);
if (reason !== undefined) console.warn(`SKIPPED test/integration/terraform-module.test.ts: ${reason}`);

interface Main {
  readonly variable: object;
  readonly locals: object;
  readonly resource: {
    readonly docker_container: {
      readonly "config-container": { readonly upload: readonly { readonly file: string; readonly content?: string }[] };
    };
  };
}

describe.skipIf(reason !== undefined)("what Terraform makes of the files of a module", () => {
  const token = "token-of-the-test";
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
    await writeFile(join(directory, "token"), ` ${token}\n`);
    await writeFile(join(directory, "key"), "sk-of-the-test\n");
  });
  afterEach(() => rm(directory, { recursive: true }));

  const fileVariables = { api_token_file: "token", model_key_file: "key" };

  function terraform(args: readonly string[]) {
    return run("terraform", args, { cwd: directory, env: { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null" } });
  }

  /** The files that the carrier would get, by their paths: a module without resources, called with these variables. */
  async function filesOf(spec: WorkspaceSpec, variables: object): Promise<Record<string, string>> {
    const { variable, locals, resource } = JSON.parse(renderTerraformModule(spec).main) as Main;
    const uploads = resource.docker_container["config-container"].upload;
    const value = Object.fromEntries(uploads.map(({ file, content }) => [file, content ?? ""]));
    await write("module/main.tf.json", { variable, locals, output: { files: { value } } });
    const inputs = { ...fileVariables, ...variables };
    const references = Object.keys(inputs).map((name) => [name, `\${var.inputs.${name}}`]);
    await write("terraform.tfvars.json", { inputs });
    await write("main.tf.json", {
      variable: { inputs: {} },
      module: { workspace: { source: "./module", ...(Object.fromEntries(references) as object) } },
      output: { files: { value: "${module.workspace.files}" } },
    });
    await terraform(["init"]);
    await terraform(["apply", "-auto-approve", "-input=false", "-no-color"]);
    const { stdout } = await terraform(["output", "-json", "files"]);
    return JSON.parse(stdout) as Record<string, string>;
  }

  async function write(path: string, value: object): Promise<void> {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), JSON.stringify(value, null, 2));
  }

  /** The same as TypeScript makes them. */
  function expectedFiles(workspaceName: string, spec: WorkspaceSpec): Map<string, string> {
    const secrets = {
      api: { ...spec.api, token: new Secret(token) },
      modelProvider: { baseUrl: "https://api.openai.com/v1", ...spec.modelProvider, apiKey: new Secret("any") },
    };
    const { requests } = prepareWorkspace(
      { ...spec, ...secrets },
      { ...ownInputDefaults, workspaceName, resolveSecret: () => new Secret("any") },
    );
    const files = requests.containers.find(({ role }) => role === "config")?.files ?? [];
    return new Map(files.map(({ path, content }) => [path, typeof content === "string" ? content : content.reveal()]));
  }

  const below = "/etc/codex-workspace";
  const awkward = 'Say "${HOME}" and %{ if x }, \\n\ttwice.\r\nEin Ü (u\u0308), </script>&\u2028 🙂\n';

  test.each<[string, WorkspaceSpec, object, WorkspaceSpec]>([
    ["no variable but the name", {}, {}, {}],
    [
      "every variable",
      {},
      {
        model: 'gpt"\\${x}',
        system_prompt: awkward,
        initial_prompt: awkward,
        project_directory: "/srv/project",
        model_base_url: "http://models.example.com:8080/openai/",
      },
      {
        model: 'gpt"\\${x}',
        systemPrompt: awkward,
        initialPrompt: awkward,
        project: { bind: "/srv/project" },
        modelProvider: { baseUrl: "http://models.example.com:8080/openai/" },
      },
    ],
    [
      "a spec, and null where it says something",
      { model: "a", initialPrompt: "b", systemPrompt: "c", preInstallScript: awkward, env: { X: awkward } },
      { model: null, initial_prompt: null, system_prompt: null, model_base_url: "https://models.example.com" },
      {
        preInstallScript: awkward,
        env: { X: awkward },
        modelProvider: { baseUrl: "https://models.example.com" },
      },
    ],
    [
      "a spec with profiles",
      { model: "a", profiles: { review: { sandboxMode: "read-only" }, other: { model: "b" } } },
      { model: "c" },
      { model: "c", profiles: { review: { sandboxMode: "read-only" }, other: { model: "b" } } },
    ],
  ])("with %s is what they say", async (_, spec, variables, same) => {
    const files = await filesOf(spec, { workspace_name: "agent", ...variables });
    const expected = expectedFiles("agent", same);

    const { configHash, ...wrapper } = JSON.parse(files[`${below}/workspace.json`]!) as Record<string, unknown>;
    expect(configHash).toMatch(/^[0-9a-f]{64}$/);
    const { configHash: _hash, ...wanted } = JSON.parse(
      normal(expected.get(`${below}/workspace.json`)),
    ) as typeof wrapper;
    expect(wrapper).toEqual(wanted);
    const toml = (text: string | undefined): unknown => parseToml(normal(text), { layer: "config.toml" });
    expect(toml(files[`${below}/config.toml`])).toEqual(toml(expected.get(`${below}/config.toml`)));
    expect(JSON.parse(files[`${below}/tokens.json`]!)).toEqual(JSON.parse(expected.get(`${below}/tokens.json`)!));
    expect((files[`${below}/AGENTS.md`] ?? "").trim()).toBe(normal(expected.get(`${below}/AGENTS.md`)).trim());
    for (const path of [`${below}/pre-install`, "/etc/gateway/model-gateway/nginx.conf"]) {
      expect(files[path]).toBe(expected.has(path) ? normal(expected.get(path)) : undefined);
    }

    const manifest = JSON.parse(files[`${below}/manifest.json`]!) as { files: Record<string, string> };
    const hashed = Object.keys(manifest.files);
    expect(hashed).toEqual(expect.arrayContaining(["workspace.json", "config.toml", "AGENTS.md"]));
    expect(hashed).not.toContain("tokens.json");
    for (const path of hashed) expect(manifest.files[path]).toBe(sha256(files[`${below}/${path}`]!));
  });

  test("a wrong value of a variable is refused, each by its name", async () => {
    const wrong = {
      workspace_name: "a b",
      api_token_file: "missing",
      model_key_file: "blank",
      api_port: 65536,
      model_base_url: "https://user:password@models.example.com",
      model: "a b",
      system_prompt: "<!-- codex-workspace:begin instructions -->",
      initial_prompt: " ",
      project_directory: "project",
      image: "codex:latest",
      wait_timeout: 0.5,
    };
    await writeFile(join(directory, "blank"), "sk-of the-test");
    const refused = (await filesOf({}, wrong).catch((error: unknown) => error)) as { readonly stderr: string };
    const named = [...refused.stderr.matchAll(/^ +│ var\.(\w+) is /gm)];
    expect(named.map(([, name]) => name).sort()).toEqual(Object.keys(wrong).sort());
    expect(refused.stderr).not.toContain("sk-of");
  });
});

test("the script writes a module, over one that it wrote too, and over nothing else", async () => {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  const script = fileURLToPath(new URL("../../scripts/terraform-module.ts", import.meta.url));
  const write = (out: string) =>
    run(process.execPath, ["--conditions=codex-workspace-source", script, "--out", join(directory, out)]);
  try {
    await write("module");
    const names = ["README.md", "images", "main.tf.json"];
    expect((await readdir(join(directory, "module"))).sort()).toEqual(names);
    expect(await readdir(join(directory, "module/images/gateway-image"))).toContain("Dockerfile");
    await writeFile(join(directory, "module/main.tf"), "# of the user");
    await write("module");
    expect((await readdir(join(directory, "module"))).sort()).toEqual([...names, "main.tf"].sort());
    await expect(write(".")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--out") as string });
    expect(await readdir(directory)).toEqual(["module"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** As Terraform has every text. */
function normal(text = ""): string {
  return text.normalize("NFC");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
