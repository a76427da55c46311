import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CodexWorkspaceProps } from "@codex-workspace/cdktf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, withoutDocker } from "../support/docker.ts";
import { ExampleCopy } from "../support/example.ts";
import { inventoryOf } from "../support/inventory.ts";
import { findTerraform, TestTerraform } from "../support/terraform.ts";
import { toldByDocker } from "../support/told-by-docker.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const run = promisify(execFile);
const found = await findTerraform();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/cdktf.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("the workspace of examples/cdktf-minimal", () => {
  const name = `cdktf-${randomBytes(4).toString("hex")}`;
  const token = `canary-token-${randomBytes(8).toString("hex")}`;
  const key = `canary-key-${randomBytes(8).toString("hex")}`;
  const props = { workspaceName: name, env: { ISSUES_TOKEN: { env: "ISSUES_TOKEN" } } };
  const systemPrompt = "Be brief. ${HOME} and %{ if } are no matter of Terraform's.";
  let example: ExampleCopy;
  /** The example's program. */
  let program: string;
  let terraform: TestTerraform;
  /** As Terraform got it at last. */
  let json: string;

  beforeAll(async () => {
    if ("without" in found) return;
    example = await ExampleCopy.create("cdktf-minimal", "index.ts");
    await writeFile(join(example.directory, "api-token.txt"), `${token}\n`);
    program = await readFile(join(example.directory, "index.ts"), "utf8");
    terraform = await TestTerraform.create(found.program);
    console.info(`Docker provider of Terraform: ${terraform.provider}`);
    await synthesize({});
    await terraform.init();
    await terraform.apply();
  });

  afterAll(async () => {
    await terraform[Symbol.asyncDispose]();
    await example[Symbol.asyncDispose]();
    await docker(["volume", "rm", `codex-workspace-${name}-home`, `codex-workspace-${name}-project`]);
  });

  /** Runs the program, with more props, and has Terraform find what it wrote. */
  async function synthesize(more: Partial<CodexWorkspaceProps>, home = example.directory): Promise<void> {
    const { directory } = example;
    const given = JSON.stringify({ ...props, ...more }).slice(1, -1);
    const changed = program.replace("  // Without a key", `  ${given},\n  // Without a key`);
    await writeFile(
      join(directory, "index.ts"),
      changed.replace(/ {2}systemPrompt: .*\n/, more.systemPrompt ? "" : "$&"),
    );
    const { OPENAI_API_KEY: _, ...env } = process.env;
    await run(process.execPath, ["index.ts"], {
      cwd: directory,
      env: { ...env, HOME: home, PORT: "0", ISSUES_TOKEN: key },
    });
    const stack = join(directory, "cdktf.out", "stacks", "minimal");
    json = await readFile(join(stack, "cdk.tf.json"), "utf8");
    await cp(join(stack, "build-contexts"), join(terraform.directory, "build-contexts"), { recursive: true });
    const { terraform: settings, ...configuration } = JSON.parse(json) as { terraform: { backend: unknown } };
    // The state is where the test looks for it.
    await terraform.write({ ...configuration, terraform: { ...settings, backend: undefined } });
  }

  /** What an apply would do with what it would not leave as it is, by the start of each address. */
  async function planned(): Promise<Record<string, string>> {
    const { resource_changes = [] } = await terraform.plan();
    const changes = resource_changes.filter(({ change }) => change.actions.join() !== "no-op");
    return Object.fromEntries(
      changes.map(({ address, change }) => [address.replace(/_[0-9A-F]{8}$/, ""), change.actions.join(", then ")]),
    );
  }

  async function output(what: string): Promise<string> {
    return String((await terraform.outputs())[`agent_${what}`]?.value);
  }

  const http = async (): Promise<WorkspaceHttp> => new WorkspaceHttp(await output("url"), token);

  async function conversation(): Promise<unknown[]> {
    return (await (await http()).messages()).map(({ content }) => content);
  }

  test("answers a prompt when it has been applied, and says how to attach", async () => {
    expect((await (await http()).get("/readyz")).status).toBe(200);
    expect(await (await http()).ask("Hello from Terraform")).toContain("Hello from Terraform");
    expect(await output("attach_command")).toBe(`codex-workspace attach --url ${await output("url")}`);
  });

  test("a second plan finds nothing to change, nor one of what is synthesized again", async () => {
    expect(await planned()).toEqual({});
    await synthesize({});
    expect(await planned()).toEqual({});
  });

  test("an image is not built again for another user", async () => {
    const home = join(example.directory, "another home");
    await mkdir(home);
    await synthesize({}, home);
    // The carrier alone has files whose place is the user's own.
    expect(Object.keys(await planned()).filter((address) => address.startsWith("docker_image"))).toEqual([]);
    await synthesize({});
  });

  test("another prompt file replaces the carrier alone, and the session goes on with it", async () => {
    const before = await output("container_id");
    await synthesize({ systemPrompt });
    expect(await planned()).toEqual({ "docker_container.agent_config-container": "delete, then create" });
    await terraform.apply();
    const hash = await output("config_hash");
    const inForce = async (): Promise<unknown> => (await (await http()).get("/v1/status")).body["configHash"];
    await until(async () => (await inForce()) === hash, "the configuration to be in force");
    expect([await output("container_id"), await conversation()]).toEqual([
      before,
      expect.arrayContaining(["Hello from Terraform"]),
    ]);
    const agentsMd = await docker(["exec", await output("container_name"), "cat", "/etc/codex-workspace/AGENTS.md"]);
    expect(agentsMd).toContain("${HOME} and %{ if } are");
  });

  /** Limits of the running container: bytes, and microseconds of CPU time in 100 ms. */
  async function limits(): Promise<string> {
    const format = "{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}";
    return docker(["inspect", await output("container_id"), "--format", format]);
  }

  test("limits are set, changed and removed, and a plan finds nothing to do after each", async () => {
    const MiB = 1024 ** 2;
    const set = { memoryMiB: 1024, cpus: 1, shmMiB: 64, tmpMiB: 64 };
    const replaced = {
      "docker_container.agent_workspace-container": "delete, then create",
      "terraform_data.agent_workspace-start": "update",
    };
    const rounds = [
      { resources: set, actions: replaced, actual: `${1024 * MiB} 100000` },
      {
        resources: { ...set, memoryMiB: 2048 },
        actions: { "docker_container.agent_workspace-container": "update" },
        actual: `${2048 * MiB} 100000`,
      },
      { resources: { ...set, cpus: 0.5 }, actions: replaced, actual: `${1024 * MiB} 50000` },
      { resources: { tmpMiB: 64 }, actions: replaced, actual: "0 0" },
    ];
    for (const { resources, actions, actual } of rounds) {
      await synthesize({ systemPrompt, resources });
      expect(await planned(), JSON.stringify(resources)).toEqual(actions);
      await terraform.apply();
      expect([await planned(), await limits()], JSON.stringify(resources)).toEqual([{}, actual]);
    }
    expect(await conversation()).toContain("Hello from Terraform");
  });

  test("volumes that become Terraform's, and are to be kept again, stay as they are", async () => {
    const inputs = { systemPrompt, resources: { tmpMiB: 64 } };
    const volumes = (action: string) => ({ "docker_volume.agent_home": action, "docker_volume.agent_project": action });
    await synthesize({ ...inputs, retainHome: false });
    expect(await planned()).toEqual(volumes("create"));
    await terraform.apply();
    await synthesize(inputs);
    expect(await planned()).toEqual(volumes("forget"));
    await terraform.apply();
    expect(await conversation()).toContain("Hello from Terraform");
  });

  test("a stopped container is removed by the plan, and created again by the apply", async () => {
    const id = await output("container_id");
    await docker(["stop", id]);
    expect(await planned()).toMatchObject({ "docker_container.agent_workspace-container": "create" });
    await terraform.apply();
    expect(await output("container_id")).not.toBe(id);
    expect(await conversation()).toContain("Hello from Terraform");
    expect(await planned()).toEqual({});
  });

  test("no secret is in the JSON, the state, in what Terraform prints, and in what Docker tells", async () => {
    const places = {
      json,
      state: await terraform.state(),
      printed: terraform.printed,
      docker: await toldByDocker(name),
    };
    const hits = Object.entries(places).filter(([, text]) => text.includes(token) || text.includes(key));
    expect(hits.map(([place]) => place)).toEqual([]);
    // The same search finds what is no secret.
    expect(Object.values(places).every((text) => text.includes(name))).toBe(true);
  });

  test("destroy leaves the volumes of the conversation and the project, and nothing else", async () => {
    await terraform.destroy();
    expect(await inventoryOf(name)).toEqual([]);
    const volumes = await docker(["volume", "ls", "--filter", `name=${name}`, "--format", "{{.Name}}"]);
    expect(volumes.trim().split("\n")).toEqual([`codex-workspace-${name}-home`, `codex-workspace-${name}-project`]);
  });
});
