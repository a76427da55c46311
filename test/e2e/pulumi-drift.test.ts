import { chown, mkdir, writeFile } from "node:fs/promises";
import * as docker from "@pulumi/docker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { docker as runDocker, withoutDocker } from "../support/docker.ts";
import { testImage, testImageBuild } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { PulumiWorkspace } from "../support/pulumi-workspace.ts";
import { findPulumi } from "../support/pulumi.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-drift.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("a workspace that Pulumi does not have for itself", () => {
  const args = { demoModel: true };
  let program: string;
  let workspace: PulumiWorkspace;
  let cli: TestCli;
  let container: string;

  beforeAll(async () => {
    if ("without" in found) return;
    ({ program } = found);
    workspace = await PulumiWorkspace.create(program, () => args);
    cli = await TestCli.create("docker");
    container = `codex-workspace-${workspace.name}`;
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await cli[Symbol.asyncDispose]();
  });

  const said = async (): Promise<string[]> => (await workspace.http.messages()).map(({ content }) => content);

  test("takes over the home volume, and the conversation, of one that the command line made", async () => {
    const { name } = workspace;
    await mkdir(cli.path("project"));
    await chown(cli.path("project"), 1000, 1000);
    await writeFile(cli.path("spec.json"), JSON.stringify({ image: { build: testImageBuild } }));
    await cli.up(["project", "--name", name, "--spec", "spec.json"]);
    await cli.run(["send", "--name", name, "said to the command line"]);
    await cli.run(["down", "--name", name]);
    expect(await inventoryOf(name)).toEqual([`volume ${container}-home`]);

    await workspace.up();
    expect(await said()).toContain("said to the command line");
    expect(await workspace.http.ask("said to Pulumi")).toContain("said to Pulumi");
  });

  test("is mended by refresh and up where containers were removed or stopped", async () => {
    const edit = ["--entrypoint", "sh", await testImage(), "-c", "echo '# by hand' >> /config/config.toml"];
    await runDocker(["run", "--rm", "--no-healthcheck", "--volume", `${container}-config:/config`, ...edit]);
    // Neither finds anything to do: what is in volumes is none of the provider's business.
    expect([await workspace.refresh(), await workspace.preview()]).toEqual([{}, {}]);

    await runDocker(["rm", "--force", container, `${container}-config`]);
    await runDocker(["stop", `${container}-model-gateway`]);
    const found = { "agent-config": "delete", "agent-model-gateway": "update", "agent-workspace": "delete" };
    expect(await workspace.refresh()).toEqual(found);
    const mended = { "agent-config": "create", "agent-model-gateway": "replace", "agent-workspace": "create" };
    expect(await workspace.up()).toEqual(mended);
    expect(await said()).toContain("said to Pulumi");
    expect(await workspace.http.ask("said after the repair")).toContain("said after the repair");
    // With the carrier, its files are written anew.
    expect(await runDocker(["exec", container, "cat", "/etc/codex-workspace/config.toml"])).not.toContain("by hand");
  });

  test("starts in place after a refresh where its container was stopped", async () => {
    const inspect = (): Promise<string> => runDocker(["inspect", container, "--format", "{{.Id}} {{.State.Running}}"]);
    const before = await inspect();
    await runDocker(["stop", container]);
    expect(await workspace.refresh()).toEqual({ "agent-workspace": "update" });
    expect(await workspace.up()).toEqual({ "agent-workspace": "update" });
    expect(await inspect()).toBe(before);
    await workspace.http.ready();
    expect(await said()).toContain("said after the repair");
  });

  test("is left alone by another stack, whose preview shows what will be though a value is not known yet", async () => {
    await using other = await PulumiWorkspace.create(program, () => {
      const { mountpoint } = new docker.Volume("source", { name: `codex-workspace-test-${other.name}` });
      return { ...args, systemPrompt: mountpoint };
    });
    const planned = await other.preview();
    expect(Object.values(planned).every((what) => what === "create")).toBe(true);
    expect(await inventoryOf(other.name)).toEqual([]);
    expect(await other.up()).toEqual(planned);
    expect(await other.http.ask("said beside it")).toContain("said beside it");
    expect(await workspace.http.ask("said here")).toContain("said here");
    expect(await said()).not.toContain("said beside it");
  });

  test("is a new one under another name, and the former home stays", async () => {
    const workspaceName = `${workspace.name}-renamed`;
    workspace.args = () => ({ ...args, workspaceName });
    const changes = await workspace.up();
    expect(Object.keys(changes)).toEqual(expect.arrayContaining(["agent-home", "agent-network", "agent-workspace"]));
    expect(new Set(Object.values(changes))).toEqual(new Set(["replace"]));
    expect(await said()).not.toContain("said to Pulumi");
    expect(await inventoryOf(workspace.name)).toEqual([`volume ${container}-home`, `volume ${container}-project`]);

    workspace.args = () => ({ ...args, workspaceName, retainHome: false });
    await workspace.up();
    await workspace.destroy();
    expect(await inventoryOf(workspaceName)).toEqual([]);
  });
});
