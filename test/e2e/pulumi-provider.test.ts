import { randomBytes } from "node:crypto";
import * as provider from "@pulumi/docker";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import type { OpMap } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";

const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-provider.test.ts: ${reason}`);

/** What the component relies on of the provider, be it the real one or the stand-in. */
describe.skipIf(reason !== undefined)("the Docker provider of Pulumi", () => {
  const name = `pulumi-provider-${randomBytes(4).toString("hex")}`;
  const base = {
    name,
    labels: [{ label: testLabel, value: name }],
    command: ["sh", "-c", "echo first; echo last; exec sleep infinity"],
    networkMode: "none",
    memory: 64,
    memorySwap: 64,
    restart: "no",
    destroyGraceSeconds: 0,
  };
  /** What the next `up` brings, and how. */
  let args: Partial<provider.ContainerArgs> = base;
  const options: CustomResourceOptions = { deleteBeforeReplace: true };
  let stack: TestStack;

  beforeAll(async () => {
    if ("without" in found) return;
    stack = await TestStack.create(found.program, "provider", () => {
      const image = new provider.RemoteImage("image", { name: testImageInputs.baseImage, keepLocally: true });
      const { id } = new provider.Container("container", { ...args, image: image.imageId }, options);
      const logs = provider.getLogsOutput({ name: id, tail: "1", discardHeaders: true });
      return Promise.resolve({ logs: logs.logsListStrings });
    });
    console.info(`Docker provider of Pulumi: ${stack.provider}`);
  });

  afterAll(async () => {
    await stack[Symbol.asyncDispose]();
  });

  /** What happened to how many resources, but for those that are as they were. */
  async function up(changed: Partial<provider.ContainerArgs>, refresh = false): Promise<OpMap> {
    args = { ...base, ...changed };
    const { same: _, ...others } = (await stack.stack.up({ refresh })).summary.resourceChanges ?? {};
    return others;
  }

  const inspect = async (format: string): Promise<string> => docker(["inspect", name, "--format", format]);

  test("keeps a container that is never healthy, and the next up replaces it", async () => {
    const gate = { wait: true, waitTimeout: 1, healthcheck: { tests: ["CMD", "false"], interval: "1s" } };
    await expect(up(gate)).rejects.toThrow("healthy state");
    const id = await inspect("{{.Id}}");
    expect(await stack.stored()).toContain(id);
    await expect(up(gate)).rejects.toThrow("healthy state");
    expect(await inspect("{{.Id}}")).not.toBe(id);
    expect(await up({})).toEqual({ replace: 1 });
  });

  test("reads cpus back in words of its own, and cpuQuota as it was given", async () => {
    await up({ cpus: "1" });
    expect(await up({ cpus: "1" })).toEqual({ replace: 1 });
    const limits = { cpuPeriod: 100_000, cpuQuota: 5_000 };
    await up(limits);
    expect([await up(limits, true), await inspect("{{.HostConfig.CpuQuota}}")]).toEqual([{}, "5000"]);
    expect(await up({ ...limits, cpuQuota: 10_000 })).toEqual({ update: 1 });
    expect(await inspect("{{.HostConfig.CpuQuota}}")).toBe("5000");
    await docker(["rm", "--force", name]);
    await up({}, true);
  });

  test("starts a stopped container in place after a refresh", async () => {
    const id = await inspect("{{.Id}}");
    await docker(["stop", "--timeout", "0", name]);
    expect(await up({}, true)).toEqual({ update: 1 });
    expect(await inspect("{{.Id}} {{.State.Running}}")).toBe(`${id} true`);
  });

  const changed = { cpuShares: 512, restart: "always", tmpfs: { "/scratch": "size=1m" } };

  test("changes limits and the restart policy where the container runs, and tmpfs not at all", async () => {
    const id = await inspect("{{.Id}}");
    expect(await up(changed)).toEqual({ update: 1 });
    expect(await inspect("{{.Id}} {{.HostConfig.CpuShares}} {{.HostConfig.RestartPolicy.Name}}")).toBe(
      `${id} 512 always`,
    );
    expect(await inspect("{{.HostConfig.Tmpfs}}")).toBe("map[]");
  });

  test("a refresh finds what was changed by hand, and what is gone", async () => {
    await docker(["update", "--memory", "96m", "--memory-swap", "96m", name]);
    expect(await up(changed, true)).toEqual({ update: 1 });
    expect(await inspect("{{.HostConfig.Memory}}")).toBe(String(64 * 1024 * 1024));
    await docker(["rm", "--force", name]);
    expect(await up(changed, true)).toEqual({ create: 1 });
  });

  test("reads the last lines that a container wrote", async () => {
    expect((await stack.stack.outputs())["logs"]?.value).toEqual(["last"]);
  });
});
