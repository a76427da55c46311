import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type docker from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { describeContainer } from "./container-description.ts";
import { toOptions, toUpdate, updatable } from "./container-options.ts";
import { engine, unlessGone } from "./engine.ts";
import { refuseOthers } from "./refuse-others.ts";

export type ContainerArgs = Unwrap<docker.ContainerArgs>;

export const container = {
  async create(args: ContainerArgs) {
    refuseOthers(args, done);
    const created = await engine.createContainer(toOptions(args));
    const { id } = created;
    try {
      await finish(created, args);
    } catch (error) {
      return { id, failure: error instanceof Error ? error : new Error(String(error)) };
    }
    if (args.mustRun !== false && !(await created.inspect()).State.Running) {
      await container.delete(id, args);
      throw new Error("container exited immediately");
    }
    return { id };
  },
  async read(id: string) {
    const found = await unlessGone(engine.getContainer(id).inspect());
    return found === undefined ? undefined : describeContainer(found);
  },
  async update(id: string, args: ContainerArgs, changed: readonly string[]) {
    const found = engine.getContainer(id);
    if (changed.includes("mustRun") && args.mustRun !== false && !(await found.inspect()).State.Running) {
      await found.start();
    }
    if (!updatable.some((name) => changed.includes(name))) return;
    await found.update(toUpdate(args));
  },
  async delete(id: string, { destroyGraceSeconds, removeVolumes = true }: ContainerArgs) {
    const found = engine.getContainer(id);
    // 304 says that it does not run.
    if (destroyGraceSeconds !== undefined) await found.stop({ t: destroyGraceSeconds }).catch(() => undefined);
    await unlessGone(found.remove({ force: true, v: removeVolumes }));
  },
};

const done: readonly (keyof ContainerArgs)[] = [
  ...updatable,
  ...(["name", "image", "entrypoints", "command", "user", "workingDir", "envs", "labels", "uploads"] as const),
  ...(["ports", "networkMode", "networksAdvanced", "mounts", "tmpfs", "readOnly", "shmSize"] as const),
  ...(["cpus", "cpuPeriod", "cpuQuota"] as const),
  ...(["capabilities", "securityOpts", "init", "healthcheck", "stopTimeout"] as const),
  ...(["start", "mustRun", "wait", "waitTimeout", "destroyGraceSeconds", "removeVolumes"] as const),
];

/** All that the provider does once the container is there; what fails here leaves it. */
async function finish(created: Docker.Container, args: ContainerArgs): Promise<void> {
  for (const { name, aliases } of args.networksAdvanced ?? []) {
    if (args.networkMode === "bridge") await engine.getNetwork("bridge").disconnect({ Container: created.id });
    const EndpointConfig = { Aliases: [...(aliases ?? [])] };
    await engine.getNetwork(name).connect({ Container: created.id, EndpointConfig });
  }
  for (const upload of args.uploads ?? []) await copyInto(created, upload);
  if (args.start === false) return;
  await created.start();
  if (args.wait === true) await untilHealthy(created, args.waitTimeout ?? 60);
}

type Upload = NonNullable<ContainerArgs["uploads"]>[number];

/** One file at a time and to `/`, as the provider does it. */
async function copyInto(created: Docker.Container, upload: Upload): Promise<void> {
  const { file, content = "", contentBase64 = "", source = "", permissions, executable } = upload;
  if ([content, contentBase64, source].filter((text) => text !== "").length !== 1) {
    throw new Error("error with upload content: one of 'content', 'content_base64', or 'source' must be set");
  }
  const data =
    source === "" ? Buffer.from(content || contentBase64, content === "" ? "base64" : "utf8") : readFileSync(source);
  const archive = pack();
  archive.entry({ name: file, mode: Number.parseInt(permissions ?? (executable === true ? "0744" : "0644"), 8) }, data);
  archive.finalize();
  await created.putArchive(Readable.from(archive), { path: "/" });
}

async function untilHealthy(created: Docker.Container, waitTimeoutSeconds: number): Promise<void> {
  const end = Date.now() + waitTimeoutSeconds * 1000;
  while (Date.now() < end) {
    const { State } = await created.inspect();
    if (State.Health === undefined) throw new Error("a container without a health check cannot be waited for");
    if (State.Health.Status === "healthy") return;
    await delay(1000);
  }
  throw new Error(`Container ${created.id} failed to be in healthy state in time`);
}
