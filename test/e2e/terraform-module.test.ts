import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type RunningScriptedModel, startScriptedModel } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, hostAddress, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { findTerraform, type ResourceChange, TestTerraform } from "../support/terraform.ts";
import { toldByDocker } from "../support/told-by-docker.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const found = await findTerraform();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/terraform-module.test.ts: ${reason}`);

const replaced = ["delete", "create"];
const repository = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(reason !== undefined)("the example of Terraform, with the module that the script writes", () => {
  const name = `terraform-${randomBytes(4).toString("hex")}`;
  const token = `canary-token-${randomBytes(8).toString("hex")}`;
  const key = `canary-key-${randomBytes(8).toString("hex")}`;
  let model: RunningScriptedModel;
  let terraform: TestTerraform;
  let workspace: WorkspaceHttp;
  let container: string;
  const plans: string[] = [];

  /** What the program says beside the example's own: names, ports and images of the tests. */
  async function write(variables: object): Promise<void> {
    const own = { workspace_name: name, api_port: 0, model_base_url: `http://${await hostAddress()}:${model.port}/v1` };
    const outputs = { container_id: { value: "${module.workspace.container_id}" } };
    await terraform.write({ module: { workspace: { ...own, ...variables } } }, "test_override.tf.json");
    await terraform.write({ output: outputs }, "outputs.tf.json");
  }

  /** What a plan would do, by the names of resources. */
  async function planned(): Promise<Record<string, ResourceChange["change"]["actions"]>> {
    const plan = await terraform.plan();
    plans.push(JSON.stringify(plan));
    const changes = (plan.resource_changes ?? []).filter(({ change }) => change.actions[0] !== "no-op");
    return Object.fromEntries(changes.map(({ address, change }) => [address.replace(/^.*\./, ""), change.actions]));
  }

  async function output(named: string): Promise<string> {
    return String((await terraform.outputs())[named]?.value);
  }

  beforeAll(async () => {
    if ("without" in found) return;
    model = await startScriptedModel({ host: "0.0.0.0", apiKey: key });
    terraform = await TestTerraform.create(found.program);
    console.info(`Docker provider of Terraform: ${terraform.provider}`);
    const { directory } = terraform;
    await cp(join(repository, "examples/terraform"), directory, { recursive: true });
    const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
    const spec = join(directory, "spec.json");
    await writeFile(spec, JSON.stringify({ image: { build: { baseImage, nodeImage, extraCaCertificates } } }));
    const script = ["--conditions=codex-workspace-source", join(repository, "scripts/terraform-module.ts")];
    await promisify(execFile)("node", [...script, "--spec", spec, "--out", join(directory, "codex-workspace")]);
    await writeFile(join(directory, "token"), `${token}\n`);
    await writeFile(join(directory, "key"), `${key}\n`);
    await write({});
    await terraform.init();
    await terraform.apply();
    workspace = new WorkspaceHttp(await output("url"), token);
    container = await output("container_id");
  });
  afterAll(async () => {
    await terraform[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    expect(await inventoryOf(name)).toEqual([]);
    await docker(["volume", "rm", ...["home", "project"].map((role) => `codex-workspace-${name}-${role}`)]);
  });

  test("is valid, answers a prompt, and a second plan changes nothing", async () => {
    expect(await terraform.validate()).toContain("The configuration is valid.");
    expect(await workspace.ask("Hello from Terraform")).toContain("Hello from Terraform");
    expect(await planned()).toEqual({});
  });

  test.each<[string, object, Record<string, readonly string[]>]>([
    ["the model", { model: "gpt-5.4" }, { "config-container": replaced }],
    ["the port of the API", { api_port: 39_284 }, { "model-gateway-container": replaced }],
    [
      "the model provider",
      { model_base_url: "https://models.example.com/v1" },
      { "config-container": replaced, "model-gateway-container": replaced, "model-gateway-start": ["update"] },
    ],
    [
      "the project directory",
      { project_directory: "/srv/project" },
      { "config-container": replaced, "workspace-container": replaced, "workspace-start": ["update"] },
    ],
    [
      "the image",
      { image: `codex@sha256:${"0".repeat(64)}` },
      { image: replaced, "config-container": replaced, "workspace-container": replaced },
    ],
    ["the model key", { model_key_file: "token" }, { "config-container": replaced }],
    ["how long it may take", { wait_timeout: 600 }, { "workspace-container": ["update"] }],
  ])("another value of %s changes what has to change", async (_, variables, changes) => {
    await write(variables);
    expect(await planned()).toEqual(changes);
  });

  test("another system prompt replaces the carrier alone, and the session goes on with it", async () => {
    const before = await output("config_hash");
    const systemPrompt = 'Say "${HOME}" and %{ if }.\n';
    await write({ system_prompt: systemPrompt.replaceAll(/[$%](?=\{)/g, "$&$&") });
    expect(await planned()).toEqual({ "config-container": replaced });
    await terraform.apply();

    const hash = await output("config_hash");
    expect(hash).not.toBe(before);
    const inForce = async (): Promise<unknown> => (await workspace.get("/v1/status")).body["configHash"];
    await until(async () => (await inForce()) === hash, "the new prompt to be in force");
    expect(await output("container_id")).toBe(container);
    const agentsMd = await docker(["exec", "--user", "1000", container, "cat", "/home/codex/.codex/AGENTS.md"]);
    expect(agentsMd).toContain(systemPrompt.trim());
    expect(await workspace.ask("Still there?")).toContain("Still there?");
  });

  test("the token and the key are in no state, plan or file of the module, and in nothing that Docker tells", async () => {
    const { directory } = terraform;
    const files = (await readdir(directory)).filter((file) => file.includes(".tf"));
    const main = await readFile(join(directory, "codex-workspace/main.tf.json"), "utf8");
    const told = [
      ...(await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")))),
      ...[terraform.printed, ...plans, main],
      await toldByDocker(name),
    ];
    expect(told.filter((text) => text.includes(name)).length).toBeGreaterThan(3);
    for (const text of told) expect(text).not.toMatch(/canary-(token|key)/);
  });
});
