import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withoutDocker } from "../support/docker.ts";
import { inventoryOf } from "../support/inventory.ts";
import { PulumiWorkspace } from "../support/pulumi-workspace.ts";
import { toldByDocker } from "../support/told-by-docker.ts";
import { findPulumi } from "../support/pulumi.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("a workspace of a Pulumi program", () => {
  const key = `canary-key-${randomBytes(8).toString("hex")}`;
  const args = {
    demoModel: true,
    env: { ISSUES_TOKEN: pulumi.secret(key) },
    grants: ["issues"],
    grantKeys: { issues: { key: pulumi.secret(key), host: "issues.test" } },
    systemPrompt: "Be brief.",
  };
  let workspace: PulumiWorkspace;

  beforeAll(async () => {
    if ("without" in found) return;
    workspace = await PulumiWorkspace.create(found.program, () => args);
    console.info(`Docker provider of Pulumi: ${workspace.stack.provider}`);
    await workspace.up();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  test("answers a prompt when it has been brought up", async () => {
    expect((await workspace.http.get("/readyz")).status).toBe(200);
    expect(await workspace.http.ask("Hello from Pulumi")).toContain("Hello from Pulumi");
    expect(workspace.output("ready")).toBe(true);
  });

  test("says how to attach, without the token", () => {
    expect(workspace.output("attachCommand")).toBe(`codex-workspace attach --url ${String(workspace.output("url"))}`);
    expect(workspace.isSecret("attachCommand")).toBe(false);
  });

  test("a second up finds nothing to change", async () => {
    expect(await workspace.up()).toEqual({});
  });

  test("another hardening replaces the container, and the conversation stays", async () => {
    const before = workspace.output("containerId");
    workspace.args = () => ({ ...args, resources: { tmpMiB: 64 } });
    expect(await workspace.up()).toEqual({ "agent-workspace": "replace" });
    expect(workspace.output("containerId")).not.toBe(before);
    expect((await workspace.http.messages()).map(({ content }) => content)).toContain("Hello from Pulumi");
  });

  test("no secret is in clear in the state, in what Pulumi prints, and in what Docker tells", async () => {
    const { name, token, stack, shown } = workspace;
    await workspace.preview();
    const places = {
      state: await stack.stored(),
      shown: shown.join(""),
      docker: await toldByDocker(name),
    };
    const hits = Object.entries(places).filter(([, text]) => text.includes(token) || text.includes(key));
    expect(hits.map(([place]) => place)).toEqual([]);
    // The same search finds what is no secret.
    expect(Object.values(places).every((text) => text.includes(name))).toBe(true);
    expect([workspace.output("token"), workspace.isSecret("token")]).toEqual([token, true]);
  });

  test("destroy leaves the volumes of the conversation and the project, and nothing else", async () => {
    await workspace.destroy();
    const volume = `volume codex-workspace-${workspace.name}`;
    expect(await inventoryOf(workspace.name)).toEqual([`${volume}-home`, `${volume}-project`]);
  });
});
