import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CodexWorkspace, type CodexWorkspaceArgs } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";
import type { OutputMap } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { WorkspaceHttp } from "../support/workspace-http.ts";

const run = promisify(execFile);
const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-component.test.ts: ${reason}`);

const pathOf = (file: string): string => fileURLToPath(new URL(`../../pulumi/${file}`, import.meta.url));

/** The component as packages of other languages have it: the engine has our plugin make it. */
class RemoteWorkspace extends pulumi.ComponentResource {
  declare readonly url: pulumi.Output<string>;
  declare readonly token: pulumi.Output<string>;
  declare readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: CodexWorkspaceArgs) {
    const outputs = { url: undefined, token: undefined, containerId: undefined };
    super(CodexWorkspace.type, name, { ...args, ...outputs }, {}, true);
  }
}

describe.skipIf(reason !== undefined)("a workspace of a program of another language", () => {
  const workspaceName = `pulumi-${randomBytes(4).toString("hex")}`;
  const token = `canary-token-${randomBytes(8).toString("hex")}`;
  const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
  const args: CodexWorkspaceArgs = {
    workspaceName,
    demoModel: true,
    image: { build: { baseImage, nodeImage, extraCaCertificates } },
    api: { port: 0, token: pulumi.secret(token) },
  };
  const shown: string[] = [];
  let declare: () => RemoteWorkspace | CodexWorkspace;
  let stack: TestStack;

  async function up(): Promise<{ readonly outputs: OutputMap; readonly changes: object }> {
    const { outputs, summary } = await stack.stack.up({ onOutput: (text) => shown.push(text), diff: true });
    const { same: _, ...changes } = summary.resourceChanges ?? {};
    return { outputs, changes };
  }

  async function running(): Promise<{ readonly id: string; readonly since: string }> {
    const format = '{"id":{{json .Id}},"since":{{json .State.StartedAt}}}';
    const text = await docker(["inspect", "--format", format, `codex-workspace-${workspaceName}`]);
    return JSON.parse(text) as { readonly id: string; readonly since: string };
  }

  beforeAll(async () => {
    if ("without" in found) return;
    stack = await TestStack.create(found.program, "test", () => {
      const { url, token, containerId } = declare();
      return Promise.resolve({ url, token, containerId });
    });
    process.env["PATH"] = [pathOf("bin"), process.env["PATH"] ?? ""].join(delimiter);
  });
  afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    for (const line of await inventoryOf(workspaceName)) {
      const [kind = "", name = ""] = line.split(" ");
      await docker([kind, "rm", "--force", name]);
    }
  });

  test.each(["plugin", "bin/pulumi-resource-codex-workspace"])(
    "Pulumi gets its schema of %s, and binds it",
    async (source) => {
      if ("without" in found) return;
      const { pulumiHome: PULUMI_HOME, envVars } = stack.stack.workspace;
      const env = { ...process.env, ...envVars, PULUMI_HOME };
      const { stdout } = await run(found.program, ["package", "get-schema", pathOf(source)], { env });
      expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(pathOf("schema.json"), "utf8")));
    },
  );

  /** What is shown of an `up` that must fail, when nothing was created. */
  async function refusal(): Promise<string> {
    const error = await up().then(() => "", String);
    expect(await inventoryOf(workspaceName)).toEqual([]);
    return error;
  }

  test("what is wrong in args that come later is told with its path, without a stack", async () => {
    const wrong = { ...args, sandboxMode: pulumi.output("open"), model: pulumi.output(5) };
    declare = () => new CodexWorkspace("agent", wrong as unknown as CodexWorkspaceArgs);
    const shown = await refusal();
    expect(shown).toMatch(/"agent" cannot be made of these args:\s+sandboxMode: expected one of .*\s+model: expected/);
    expect(shown).not.toMatch(/^ +at |serializing/m);
  });

  test("the plugin tells what is wrong likewise, and shows no value of a secret", async () => {
    const wrong = { ...args, api: { token: "key-in-clear" }, modle: "x" };
    declare = () => new RemoteWorkspace("agent", wrong);
    const shown = await refusal();
    expect(shown).toMatch(
      /"agent" cannot be made of these args:\s+api\.token: .*\s+modle: unknown; did you mean `model`\?/,
    );
    expect(shown).not.toContain("key-in-clear");
  });

  test("the plugin makes it, it answers, and its secrets are secret", async () => {
    declare = () => new RemoteWorkspace("agent", args);
    const { outputs } = await up();
    const http = new WorkspaceHttp(String(outputs["url"]?.value), token);
    expect(await http.ask("Hello from afar")).toContain("Hello from afar");
    expect(outputs["token"]).toEqual({ value: token, secret: true });
    expect([(await stack.stored()).includes(token), shown.join("").includes(token)]).toEqual([false, false]);
  });

  test("a program of TypeScript takes it over by another name, with an alias, and nothing is replaced", async () => {
    const before = await running();
    declare = () => new CodexWorkspace("helper", args, { aliases: [{ name: "agent" }] });
    const { outputs, changes } = await up();
    expect(changes).toEqual({});
    expect(await running()).toEqual(before);
    expect(outputs["containerId"]?.value).toBe(before.id);
  });
});
