import { randomBytes } from "node:crypto";
import { labelNames } from "@codex-workspace/core";
import { CodexWorkspace, type CodexWorkspaceArgs } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";
import type { OutputMap } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("a workspace of a Pulumi program", () => {
  const workspaceName = `pulumi-${randomBytes(4).toString("hex")}`;
  const token = `canary-token-${randomBytes(8).toString("hex")}`;
  const key = `canary-key-${randomBytes(8).toString("hex")}`;
  const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
  const args: CodexWorkspaceArgs = {
    workspaceName,
    demoModel: true,
    image: { build: { baseImage, nodeImage, extraCaCertificates } },
    api: { port: 0, token: pulumi.secret(token) },
    env: { ISSUES_TOKEN: pulumi.secret(key) },
    grants: ["issues"],
    grantKeys: { issues: { key: pulumi.secret(key), host: "issues.test" } },
    systemPrompt: "Be brief.",
  };
  /** What the next `up` brings. */
  let changed: Partial<CodexWorkspaceArgs> = {};
  const shown: string[] = [];
  let stack: TestStack;
  /** What the last `up` returned. */
  let brought: OutputMap;
  let http: WorkspaceHttp;

  /** Brings the program up; what happened to how many resources. */
  async function up(): Promise<Record<string, number>> {
    const onOutput = (text: string): number => shown.push(text);
    const { outputs, summary } = await stack.stack.up({ onOutput, diff: true });
    brought = outputs;
    http = new WorkspaceHttp(String(outputs["url"]?.value), String(outputs["token"]?.value));
    const inForce = async (): Promise<unknown> => (await http.get("/v1/status")).body["configHash"];
    await until(async () => (await inForce()) === outputs["configHash"]?.value, "the configuration to be in force");
    await http.ready();
    return { ...summary.resourceChanges };
  }

  const containerId = (): unknown => brought["containerId"]?.value;

  beforeAll(async () => {
    if ("without" in found) return;
    stack = await TestStack.create(found.program, "test", () => {
      const agent = new CodexWorkspace("agent", { ...args, ...changed });
      const { url, token, containerId, configHash, attachCommand } = agent;
      return Promise.resolve({ url, token, containerId, configHash, attachCommand });
    });
    console.info(`Docker provider of Pulumi: ${stack.provider}`);
    await up();
  });

  afterAll(async () => {
    await stack[Symbol.asyncDispose]();
    for (const volume of await left("volume")) await docker(["volume", "rm", volume]);
  });

  /** Names of what Docker has of the workspace. */
  async function left(kind: "container" | "network" | "volume"): Promise<string[]> {
    const format = kind === "container" ? "{{.Names}}" : "{{.Name}}";
    const all = kind === "container" ? ["--all"] : [];
    const label = `label=${labelNames.workspace}=${workspaceName}`;
    return (await docker([kind, "ls", ...all, "--filter", label, "--format", format])).split("\n").filter(Boolean);
  }

  test("answers a prompt", async () => {
    expect(await http.ask("Hello from Pulumi")).toContain("Hello from Pulumi");
  });

  test("says how to attach, without the token", () => {
    expect(brought["attachCommand"]).toEqual({ value: `codex-workspace attach --url ${http.url}`, secret: false });
  });

  test("a second up finds nothing to change", async () => {
    const { same, ...others } = await up();
    expect([same! > 0, others]).toEqual([true, {}]);
  });

  test("another prompt file replaces the carrier alone, and the session goes on with it", async () => {
    const before = containerId();
    changed = { systemPrompt: "Be brief, and polite." };
    const { same: _, ...others } = await up();
    expect([others, containerId()]).toEqual([{ replace: 1 }, before]);
    expect((await http.messages()).map(({ content }) => content)).toContain("Hello from Pulumi");
  });

  test("another hardening replaces the container, and the conversation stays", async () => {
    const before = containerId();
    changed = { ...changed, resources: { tmpMiB: 64 } };
    const { same: _, ...others } = await up();
    expect(others).toEqual({ replace: 1 });
    expect(containerId()).not.toBe(before);
    expect((await http.messages()).map(({ content }) => content)).toContain("Hello from Pulumi");
  });

  test("no secret is in clear in the state, in what Pulumi prints, and in what Docker shows", async () => {
    const preview = await stack.stack.preview({ diff: true });
    const places = {
      state: await stack.stored(),
      shown: shown.join("") + preview.stdout,
      inspect: await docker(["inspect", ...(await left("container"))]),
    };
    const hits = Object.entries(places).filter(([, text]) => text.includes(token) || text.includes(key));
    expect(hits.map(([place]) => place)).toEqual([]);
    // The same search finds what is no secret.
    expect(Object.values(places).every((text) => text.includes(workspaceName))).toBe(true);
    expect(brought["token"]).toEqual({ value: token, secret: true });
  });

  test("destroy leaves the volumes of the conversation and the project, and nothing else", async () => {
    await stack.stack.destroy();
    expect([await left("container"), await left("network"), (await left("volume")).sort()]).toEqual([
      [],
      [],
      [`codex-workspace-${workspaceName}-home`, `codex-workspace-${workspaceName}-project`],
    ]);
  });
});
