import { randomBytes } from "node:crypto";
import { labelNames } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { docker, withoutDocker } from "../support/docker.ts";
import { ExampleCopy } from "../support/example.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { WorkspaceHttp } from "../support/workspace-http.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-examples.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("the examples of Pulumi", () => {
  const token = randomBytes(32).toString("hex");

  /** Brings an example up in a folder of its own, hands over what it returns, and takes it all away. */
  async function withExample(
    [example, file]: readonly [example: string, file: string],
    config: Readonly<Record<string, string>>,
    use: (outputs: Readonly<Record<string, unknown>>, stack: TestStack) => Promise<void>,
  ): Promise<void> {
    if ("without" in found) throw new Error(found.without);
    await using copy = await ExampleCopy.create(example, file);
    await using stack = await TestStack.ofFolder(found.program, copy.directory);
    await stack.stack.setConfig("apiToken", { value: token, secret: true });
    for (const [name, value] of Object.entries(config)) await stack.stack.setConfig(name, { value });
    const { outputs } = await stack.stack.up();
    try {
      await use(Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])), stack);
    } finally {
      await stack.stack.destroy();
      const { name } = await stack.stack.workspace.projectSettings();
      const volumes = await docker([
        "volume",
        "ls",
        "--filter",
        `label=${labelNames.workspace}`,
        "--format",
        "{{.Name}}",
      ]);
      const left = volumes.split("\n").filter((volume) => volume.startsWith(`codex-workspace-${name}-test-`));
      await docker(["volume", "rm", ...left]);
    }
  }

  /** A workspace that takes prompts. */
  async function workspaceAt(url: unknown): Promise<WorkspaceHttp> {
    const http = new WorkspaceHttp(String(url), token);
    await http.ready();
    return http;
  }

  /** Runs the program as another user of the same checkout. */
  async function withHome<T>(workspace: TestStack["stack"]["workspace"], HOME: string, action: () => Promise<T>) {
    const { envVars } = workspace;
    workspace.envVars = { ...envVars, HOME };
    try {
      return await action();
    } finally {
      workspace.envVars = envVars;
    }
  }

  test("pulumi-minimal answers a prompt, and its second up changes nothing", () =>
    withExample(["pulumi-minimal", "index.ts"], { port: "0" }, async ({ url, codexVersion }, { stack }) => {
      const http = await workspaceAt(url);
      expect(await http.ask("Hello from the example")).toContain("Hello from the example");
      expect(codexVersion).toMatch(/^\d+\.\d+\.\d+$/);
      const { same, ...others } = (await stack.preview()).changeSummary;
      expect([same! > 0, others]).toEqual([true, {}]);
      const ofAnother = await withHome(stack.workspace, "/var/tmp/another-home", () => stack.preview());
      expect(ofAnother.changeSummary).toEqual({ same });
    }));

  test("pulumi-platform-template brings up a workspace for each project, with the team's rules", () =>
    withExample(["pulumi-platform-template", "team-workspace.ts"], { firstPort: "0" }, async ({ urls }) => {
      const { shop, billing } = urls as Readonly<Record<string, string>>;
      const http = await workspaceAt(shop);
      expect(await http.ask("Hello, shop")).toContain("Hello, shop");
      expect(await (await workspaceAt(billing)).ask("Hello, billing")).toContain("Hello, billing");

      const reviewed = await http.post("/v1/sessions", { name: "review", profile: "review" });
      const unasked = await http.post("/v1/sessions", { name: "unasked", approvalPolicy: "never" });
      expect([reviewed.status, unasked.status]).toEqual([201, 422]);
    }));
});
