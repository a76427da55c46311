import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { findTerraform, TestTerraform } from "../support/terraform.ts";

const found = await findTerraform();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/terraform-provider.test.ts: ${reason}`);

/** What the construct relies on of the provider, be it the real one or the stand-in. */
describe.skipIf(reason !== undefined)("the Docker provider of Terraform", () => {
  const name = `terraform-provider-${randomBytes(4).toString("hex")}`;
  /** A volume that is no resource. */
  const kept = `${name}-kept`;
  const label = { label: testLabel, value: name };
  const upload = { file: "/data/hello", content: "Hello", permissions: "0640" };
  const base = {
    name,
    image: "${docker_image.image.image_id}",
    command: ["sleep", "infinity"],
    env: ["GREETING=hello"],
    labels: [label],
    mounts: [
      { type: "volume", source: "${docker_volume.data.name}", target: "/data" },
      { type: "volume", source: kept, target: "/kept" },
    ],
    networks_advanced: [{ name: "${docker_network.network.name}", aliases: ["here"] }],
    ports: [{ internal: 80, ip: "127.0.0.1" }],
    capabilities: { add: ["CAP_CHOWN"], drop: ["ALL"] },
    security_opts: ["no-new-privileges:true"],
    network_mode: "bridge",
    memory: 64,
    memory_swap: 64,
    upload: [upload],
  };
  let terraform: TestTerraform;

  beforeAll(async () => {
    if ("without" in found) return;
    terraform = await TestTerraform.create(found.program);
    console.info(`Docker provider of Terraform: ${terraform.provider}`);
    const context = join(terraform.directory, "context");
    await mkdir(context);
    await writeFile(join(context, "Dockerfile"), `FROM ${testImageInputs.baseImage}\nLABEL of=${name}\n`);
    await configure({});
    await terraform.init();
  });

  afterAll(async () => {
    await terraform[Symbol.asyncDispose]();
    await docker(["volume", "rm", kept]);
  });

  async function configure(changed: object): Promise<void> {
    await terraform.write({
      terraform: { required_providers: { docker: { source: "kreuzwerker/docker", version: "3.6.2" } } },
      resource: {
        docker_image: { image: { name: `${name}:1`, build: { context: "context", force_remove: true } } },
        docker_volume: { data: { name, labels: [label] } },
        docker_network: { network: { name, labels: [label] } },
        docker_container: { container: { ...base, ...changed } },
      },
      output: { port: { value: "${docker_container.container.ports[0].external}" } },
    });
  }

  /** What a plan of this changes: address and actions. */
  async function planned(changed: object): Promise<Record<string, readonly string[]>> {
    await configure(changed);
    const { resource_changes: all = [] } = await terraform.plan();
    const others = all.filter(({ change }) => change.actions[0] !== "no-op");
    return Object.fromEntries(others.map(({ address, change }) => [address, change.actions]));
  }

  const inspect = async (format: string): Promise<string> => docker(["inspect", name, "--format", format]);
  const container = "docker_container.container";

  test("makes an image, a volume, a network and a container, and then finds nothing to change", async () => {
    expect(Object.values(await planned({}))).toEqual(Array(4).fill(["create"]));
    await terraform.apply();
    expect(await docker(["exec", name, "stat", "--format", "%a %s", upload.file])).toBe("640 5");
    const { port } = await terraform.outputs();
    expect(await docker(["port", name, "80/tcp"])).toBe(`127.0.0.1:${String(port?.value)}`);
    expect(await inspect(`{{index .NetworkSettings.Networks "${name}" "Aliases"}}`)).toContain("here");
    expect((await runDocker(["volume", "inspect", kept])).exitCode).toBe(0);
    expect(await planned({})).toEqual({});
  });

  test("refuses an attribute that the published bindings do not have", async () => {
    await configure({ pids_limit: 100 });
    await expect(terraform.validate()).rejects.toThrow('No argument or block type is named "pids_limit"');
    await configure({});
    expect(await terraform.validate()).toContain("Success!");
  });

  test("replaces a container for another upload, and changes limits where it runs", async () => {
    expect(await planned({ upload: [{ ...upload, content: "Goodbye" }] })).toEqual({
      [container]: ["delete", "create"],
    });
    const id = await inspect("{{.Id}}");
    expect(await planned({ memory: 128, memory_swap: 128 })).toEqual({ [container]: ["update"] });
    await terraform.apply();
    expect(await inspect("{{.Id}} {{.HostConfig.Memory}}")).toBe(`${id} ${128 * 1024 * 1024}`);
  });

  test("takes another tmpfs for a change in place, and does nothing about it", async () => {
    const changed = { memory: 128, memory_swap: 128, tmpfs: { "/scratch": "size=1m" } };
    expect(await planned(changed)).toEqual({ [container]: ["update"] });
    await terraform.apply();
    expect(await inspect("{{.HostConfig.Tmpfs}}")).toBe("map[]");
    expect(await planned(changed)).toEqual({ [container]: ["update"] });
  });

  test("crashes at cpus, and takes cpu_quota", async () => {
    await docker(["rm", "--force", name]);
    await configure({ cpus: "1" });
    await expect(terraform.apply()).rejects.toThrow("lugin did not respond");
    const limits = { cpu_period: 100_000, cpu_quota: 5_000 };
    await configure(limits);
    await terraform.apply();
    expect([await planned(limits), await inspect("{{.HostConfig.CpuQuota}}")]).toEqual([{}, "5000"]);
    expect(await planned({ ...limits, cpu_quota: 10_000 })).toEqual({ [container]: ["update"] });
  });

  test("removes a stopped container when it plans", async () => {
    await docker(["stop", "--timeout", "0", name]);
    expect(await planned({})).toEqual({ [container]: ["create"] });
    expect((await runDocker(["container", "inspect", name])).exitCode).toBe(1);
    await terraform.apply();
  });

  test("refuses the options of a mounted volume below Docker API 1.45", async () => {
    const mount = { type: "volume", source: kept, target: "/kept", volume_options: { labels: [label] } };
    await docker(["rm", "--force", name]);
    await configure({ mounts: [mount] });
    const applied = await terraform.apply().then(
      () => "accepted",
      (error: unknown) => String(error),
    );
    const [minor = 0] = (await docker(["version", "--format", "{{.Server.APIVersion}}"]))
      .split(".")
      .slice(1)
      .map(Number);
    expect(applied).toMatch(minor < 45 ? /requires API version/i : /^accepted$/);
    await configure({});
    await terraform.apply();
  });

  test("makes anew what is gone, and takes a container that is never healthy for tainted", async () => {
    await docker(["rm", "--force", name]);
    const gate = { wait: true, wait_timeout: 1, healthcheck: { test: ["CMD", "false"], interval: "1s" } };
    expect(await planned(gate)).toEqual({ [container]: ["create"] });
    await expect(terraform.apply()).rejects.toThrow("healthy state");
    expect(JSON.parse(await terraform.state())).toMatchObject({
      resources: expect.arrayContaining([
        expect.objectContaining({
          type: "docker_container",
          instances: [expect.objectContaining({ status: "tainted" })],
        }),
      ]) as unknown,
    });
    expect(await inspect("{{.State.Running}}")).toBe("true");
    expect(await planned(gate)).toEqual({ [container]: ["delete", "create"] });
  });

  test("destroy removes all of it", async () => {
    await terraform.destroy();
    const kinds = ["container", "volume", "network"];
    const left = await Promise.all(kinds.map((kind) => runDocker([kind, "inspect", name])));
    const image = await runDocker(["image", "inspect", `${name}:1`]);
    expect([...left, image].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1]);
  });
});
