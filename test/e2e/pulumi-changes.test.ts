import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CODEX_PIN } from "@codex-workspace/core";
import { createScriptedModel, type RecordedRequest } from "@codex-workspace/scripted-model";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, hostAddress, runDocker, withoutDocker } from "../support/docker.ts";
import { freePort } from "../support/free-port.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { PulumiWorkspace } from "../support/pulumi-workspace.ts";
import { findPulumi } from "../support/pulumi.ts";
import { until } from "../support/workspace-http.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-changes.test.ts: ${reason}`);

type Args = ReturnType<PulumiWorkspace["args"]>;

describe.skipIf(reason !== undefined)("what a change of a Pulumi program does", () => {
  const model = createScriptedModel();
  let server: Server;
  let workspace: PulumiWorkspace;
  /** What the program says now. */
  let args: Args;
  let modelProvider: { baseUrl: string; apiKey: pulumi.Output<string> };

  beforeAll(async () => {
    if ("without" in found) return;
    server = createServer(model.app);
    await once(server.listen(0, "0.0.0.0"), "listening");
    const baseUrl = `http://${await hostAddress()}:${(server.address() as AddressInfo).port}/v1`;
    modelProvider = { baseUrl, apiKey: pulumi.secret("sk-first") };
    const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
    const image = { build: { baseImage, nodeImage, extraCaCertificates, setupScript: "touch /etc/set-up" } };
    args = { codexVersion: "0.162.1", image, modelProvider };
    workspace = await PulumiWorkspace.create(found.program, () => args);
    await workspace.up();
    await workspace.http.ask("the first prompt");
  });
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });

  /** Brings a change up; what Pulumi did, and that it finds nothing more to do. */
  async function change(more: Args): Promise<Record<string, string>> {
    args = { ...args, ...more };
    const changes = await workspace.up();
    await workspace.inForce();
    expect(await workspace.preview()).toEqual({});
    return Object.fromEntries(Object.entries(changes).map(([name, what]) => [name.replace("agent-", ""), what]));
  }

  /** Sends a prompt; what the model was asked for it, which holds the conversation so far. */
  async function askModel(prompt: string): Promise<RecordedRequest> {
    const before = model.requests.length;
    await workspace.http.ask(prompt);
    const request = model.requests.slice(before).find(({ purpose }) => purpose === "turn");
    if (request === undefined) throw new Error("the model was not asked");
    expect(JSON.stringify(request.body)).toContain("the first prompt");
    return request;
  }

  const containerId = (): unknown => workspace.output("containerId");

  test("another version of Codex, and another build of the image, replace the container, and the conversation stays", async () => {
    const before = containerId();
    expect((await workspace.http.status())["codexVersion"]).toBe("0.162.1");
    const { codexVersion: _, image: __, ...others } = args;
    args = others;
    expect(await change({})).toEqual({ image: "replace", config: "replace", workspace: "replace" });
    expect(containerId()).not.toBe(before);
    expect((await workspace.http.status())["codexVersion"]).toBe(CODEX_PIN);
    const setUp = await runDocker(["exec", String(containerId()), "test", "-e", "/etc/set-up"]);
    expect(setUp.exitCode).toBe(1);
    await askModel("the first prompt of this Codex");
  });

  test("a prompt file, a setting and an MCP server replace the carrier alone, and the session goes on with them", async () => {
    const before = containerId();
    const changes = await change({
      systemPrompt: "Name your sources.",
      extraSettings: { model_verbosity: "low" },
      mcpServers: { local: { command: "/bin/false" } },
    });
    expect([changes, containerId()]).toEqual([{ config: "replace" }, before]);
    const { body } = await askModel("after the reload");
    expect(JSON.stringify(body)).toContain("Name your sources.");
    expect(body).toMatchObject({ text: { verbosity: "low" } });
    const applied = await docker(["exec", "--user", "1000", String(before), "cat", "/home/codex/.codex/config.toml"]);
    expect(applied).toContain("[mcp_servers.local]");
  });

  test("another model key replaces the carrier alone, and the gateway takes it over", async () => {
    const before = containerId();
    const changes = await change({ modelProvider: { ...modelProvider, apiKey: pulumi.secret("sk-second") } });
    expect([changes, containerId()]).toEqual([{ config: "replace" }, before]);
    await until(async () => {
      const { headers } = await askModel("with which key?");
      return headers.authorization === "Bearer sk-second";
    }, "the other key");
  });

  test("another allow-list replaces the carrier and the egress proxy", async () => {
    const before = containerId();
    const changes = await change({ network: { allow: ["docs.example.com"] } });
    expect([changes, containerId()]).toEqual([{ config: "replace", "egress-proxy": "replace" }, before]);
    await askModel("after another allow-list");
  });

  test("other limits of the model replace the carrier and the model gateway", async () => {
    const before = containerId();
    const changes = await change({ modelLimits: { requestsPerMinute: 500 } });
    expect([changes, containerId()]).toEqual([{ config: "replace", "model-gateway": "replace" }, before]);
    await askModel("after other limits");
  });

  test("another port of the API replaces the model gateway, which is found there", async () => {
    const before = containerId();
    const port = await freePort();
    const changes = await change({ api: { port, token: pulumi.secret(workspace.token) } });
    expect([changes, containerId()]).toEqual([{ "model-gateway": "replace" }, before]);
    expect(workspace.output("url")).toBe(`http://127.0.0.1:${port}`);
    await askModel("at another port");
  });

  /** Limits of the running container: bytes, and microseconds of CPU time in 100 ms. */
  async function limits(): Promise<string> {
    const { resources = {} } = args as { resources?: { readonly shmMiB?: number } };
    const shm = resources.shmMiB === undefined ? "" : " {{.HostConfig.ShmSize}}";
    return docker([
      "inspect",
      String(containerId()),
      "--format",
      `{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}${shm}`,
    ]);
  }

  test("limits are set, changed and removed, and a refresh finds nothing to do after each", async () => {
    const MiB = 1024 ** 2;
    const set = { memoryMiB: 1024, cpus: 1, shmMiB: 64, tmpMiB: 64 };
    expect(await change({ resources: set })).toEqual({ workspace: "replace" });
    expect(await limits()).toBe(`${1024 * MiB} 100000 ${64 * MiB}`);
    expect([await workspace.refresh(), await workspace.preview()]).toEqual([{}, {}]);

    const before = containerId();
    const changes = await change({ resources: { ...set, memoryMiB: 2048 } });
    expect([changes, containerId()]).toEqual([{ workspace: "update" }, before]);
    expect(await limits()).toBe(`${2048 * MiB} 100000 ${64 * MiB}`);
    expect(await change({ resources: { ...set, cpus: 0.5 } })).toEqual({ workspace: "replace" });
    expect(await limits()).toBe(`${1024 * MiB} 50000 ${64 * MiB}`);
    expect([await workspace.refresh(), await workspace.preview()]).toEqual([{}, {}]);

    expect(await change({ resources: {} })).toEqual({ workspace: "replace" });
    expect(await limits()).toBe("0 0");
    expect([await workspace.refresh(), await workspace.preview()]).toEqual([{}, {}]);
  });

  test("labels and an open network replace every container, end the egress proxy, and the conversation stays", async () => {
    const before = containerId();
    const changes = await change({ labels: { team: "platform" }, network: { mode: "open", ports: [3000] } });
    expect(changes).toEqual({
      ...{ config: "replace", "model-gateway": "replace", workspace: "replace" },
      ...{ "egress-proxy": "delete", "egress-proxy-config": "delete" },
    });
    expect(containerId()).not.toBe(before);
    const labels = await docker(["inspect", String(containerId()), "--format", "{{.Config.Labels.team}}"]);
    expect(labels).toBe("platform");
    await askModel("after other labels");
  });

  test("destroyed and brought up again, the workspace goes on with its conversation", async () => {
    await workspace.destroy();
    const volume = `volume codex-workspace-${workspace.name}`;
    expect(await inventoryOf(workspace.name)).toEqual([`${volume}-home`, `${volume}-project`]);
    await change({ onConfigChange: "replace" });
    await askModel("after the end");
  });

  test("a configuration that shall replace replaces the container", async () => {
    const before = containerId();
    expect(await change({ systemPrompt: "Be brief." })).toEqual({ config: "replace", workspace: "replace" });
    expect(containerId()).not.toBe(before);
    expect(JSON.stringify((await askModel("after the replacement")).body)).toContain("Be brief.");
  });
});
