import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runDocker, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { PulumiWorkspace } from "../support/pulumi-workspace.ts";
import { findPulumi } from "../support/pulumi.ts";
import { startRegistry } from "../support/registry.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-faults.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("an up that fails", () => {
  const args = { demoModel: true, retainHome: false };
  const preInstallScript = "echo there is no such tool; exit 3";
  /** Words of the provider, which name no socket. */
  const noDaemon = "failed to connect to any docker daemon";
  const nobody = "/var/tmp/nobody-listens.sock";
  let workspace: PulumiWorkspace;

  beforeAll(async () => {
    if ("without" in found) return;
    workspace = await PulumiWorkspace.create(found.program, () => args);
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  /** Names of the workspace's containers after its own, which is the empty one. */
  async function containers(): Promise<string[]> {
    const prefix = `container codex-workspace-${workspace.name}`;
    const lines = await inventoryOf(workspace.name);
    return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  }

  /** A port of this machine that something else has, until it is disposed of. */
  async function takePort(): Promise<AsyncDisposable & { readonly port: number }> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      port,
      async [Symbol.asyncDispose]() {
        server.close();
        await once(server, "close");
      },
    };
  }

  /** Where Pulumi finds no Docker meanwhile. */
  async function withoutSocket<T>(action: () => Promise<T>): Promise<T> {
    const settings = workspace.stack.stack.workspace;
    const { envVars } = settings;
    settings.envVars = { ...envVars, DOCKER_HOST: `unix://${nobody}` };
    try {
      return await action();
    } finally {
      settings.envVars = envVars;
    }
  }

  test("says that no Docker daemon answers", async () => {
    expect(await withoutSocket(() => workspace.failedUp())).toContain(noDaemon);
    expect(await inventoryOf(workspace.name)).toEqual([]);
  });

  test("names the image that cannot be pulled, also where its digest alone is wrong", async () => {
    await using registry = await startRegistry({});
    const wrong = registry.reference.replace(/.{8}$/, "00000000");
    workspace.args = () => ({ ...args, image: { prebuilt: wrong, gatewayBaseImage: testImageInputs.baseImage } });
    expect(await workspace.failedUp()).toContain(wrong);
    expect(await containers()).toEqual([]);
  });

  test("makes no workspace of an image that is none of ours", async () => {
    await using registry = await startRegistry({});
    const { reference: prebuilt } = registry;
    workspace.args = () => ({ ...args, image: { prebuilt, gatewayBaseImage: testImageInputs.baseImage } });
    expect(await workspace.failedUp()).toContain("No command specified");
    expect(await containers()).toEqual([]);
    await runDocker(["image", "rm", prebuilt]);
  });

  test("names the port that is taken, and whose it would be", async () => {
    await using taken = await takePort();
    const { port } = taken;
    workspace.args = () => ({ ...args, preInstallScript, api: { port, token: pulumi.secret(workspace.token) } });
    expect(await workspace.failedUp()).toMatch(new RegExp(`codex-workspace-${workspace.name}-model-gateway.*:${port}`));
    expect(await containers()).not.toContain("");
  });

  test("shows the end of the wrapper's log where the session takes no prompts in time", async () => {
    workspace.args = () => ({ ...args, preInstallScript, waitTimeoutSeconds: 7 });
    const said = await workspace.failedUp();
    expect(said).toContain(`the log of codex-workspace-${workspace.name} ends with`);
    expect(said).toContain("there is no such tool");
    expect(said).toContain("preInstallScript exited with code 3");
  });

  test("is made good by the next one, which leaves nothing twice", async () => {
    workspace.args = () => args;
    expect(await workspace.up()).toEqual({ "agent-config": "replace", "agent-workspace": "replace" });
    expect(await workspace.http.ask("Hello after all")).toContain("Hello after all");
    expect(await containers()).toEqual(["", "-config", "-demo-model", "-egress-proxy", "-model-gateway"]);
    expect(await workspace.preview()).toEqual({});
  });

  test("in the middle of a change leaves what destroy removes without a rest", async () => {
    await using taken = await takePort();
    workspace.args = () => ({ ...args, api: { port: taken.port, token: pulumi.secret(workspace.token) } });
    expect(await workspace.failedUp()).toContain(`:${taken.port}`);
    await expect(withoutSocket(() => workspace.destroy())).rejects.toThrow(noDaemon);
    await workspace.destroy();
    expect(await inventoryOf(workspace.name)).toEqual([]);
  });
});
