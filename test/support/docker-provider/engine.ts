import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type docker from "@pulumi/docker";
import type { Unwrap } from "@pulumi/pulumi";
import Docker from "dockerode";
import { pack } from "tar-stream";

type ContainerArgs = Unwrap<docker.ContainerArgs>;
type RemoteImageArgs = Unwrap<docker.RemoteImageArgs>;
type Labelled = Unwrap<docker.VolumeArgs> | Unwrap<docker.NetworkArgs>;

const engine = new Docker();

/** A kind of resource of the Docker provider, on the real engine: ids in, ids and computed properties out. */
export interface Resource {
  create(args: never): Promise<{ readonly id: string; readonly computed: object }>;
  /** Whether there is one of this id. */
  exists(id: string): Promise<boolean>;
  delete(id: string, args: never): Promise<void>;
}

export const resources: Readonly<Record<string, Resource>> = {
  Container: {
    async create(args: ContainerArgs) {
      const container = await engine.createContainer(toOptions(args));
      try {
        for (const { name, aliases } of args.networksAdvanced ?? []) {
          if (args.networkMode === "bridge") await engine.getNetwork("bridge").disconnect({ Container: container.id });
          const EndpointConfig = { Aliases: [...(aliases ?? [])] };
          await engine.getNetwork(name).connect({ Container: container.id, EndpointConfig });
        }
        for (const upload of args.uploads ?? []) await copyInto(container, upload);
        if (args.start !== false) await container.start();
        if (args.wait === true) await untilHealthy(container, args.waitTimeout ?? 60);
      } catch (error) {
        await container.remove({ force: true, v: true });
        throw error;
      }
      const { NetworkSettings } = await container.inspect();
      const ports = args.ports?.map((port) => {
        const [binding] = NetworkSettings.Ports[`${port.internal}/tcp`] ?? [];
        return { ...port, external: Number(binding?.HostPort), protocol: "tcp" };
      });
      return { id: container.id, computed: { ports } };
    },
    exists: (id) => isThere(engine.getContainer(id).inspect()),
    async delete(id, { destroyGraceSeconds }: ContainerArgs) {
      const container = engine.getContainer(id);
      if (destroyGraceSeconds !== undefined) await container.stop({ t: destroyGraceSeconds }).catch(() => undefined);
      await container.remove({ force: true, v: true });
    },
  },
  Volume: {
    async create({ name, labels }: Labelled) {
      await engine.createVolume({ Name: name ?? "", Labels: toRecord(labels) });
      return { id: name ?? "", computed: {} };
    },
    exists: (id) => isThere(engine.getVolume(id).inspect()),
    delete: async (id) => {
      await engine.getVolume(id).remove();
    },
  },
  Network: {
    async create({ name, labels }: Labelled) {
      const { id } = await engine.createNetwork({ Name: name ?? "", Labels: toRecord(labels), CheckDuplicate: true });
      return { id, computed: {} };
    },
    exists: (id) => isThere(engine.getNetwork(id).inspect()),
    delete: async (id) => {
      await engine.getNetwork(id).remove();
    },
  },
  RemoteImage: {
    async create({ name, build }: RemoteImageArgs) {
      if (build !== undefined) await buildImage(name, build);
      const { Id: imageId } = await engine.getImage(name).inspect();
      return { id: imageId + name, computed: { imageId } };
    },
    exists: (id) => isThere(engine.getImage(id.slice(0, "sha256:".length + 64)).inspect()),
    delete: async (_id, { name, keepLocally }: RemoteImageArgs) => {
      if (keepLocally !== true) await engine.getImage(name).remove();
    },
  },
};

async function isThere(inspection: Promise<unknown>): Promise<boolean> {
  try {
    await inspection;
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

function toOptions(args: ContainerArgs): Docker.ContainerCreateOptions {
  const mebibytes = (value: number | undefined) => (value === undefined ? undefined : value * 1024 * 1024);
  const options = {
    name: args.name,
    Image: args.image,
    Entrypoint: args.entrypoints,
    Cmd: args.command,
    User: args.user,
    Env: args.envs,
    Labels: toRecord(args.labels),
    ExposedPorts: Object.fromEntries((args.ports ?? []).map(({ internal }) => [`${internal}/tcp`, {}])),
    StopTimeout: args.stopTimeout,
    Healthcheck: args.healthcheck && { Test: args.healthcheck.tests },
    HostConfig: {
      Mounts: args.mounts?.map(({ type, source, target, readOnly }) => ({
        Type: type,
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      PortBindings: Object.fromEntries(
        (args.ports ?? []).map(({ ip, internal, external }) => [
          `${internal}/tcp`,
          [{ HostIp: ip ?? "0.0.0.0", HostPort: String(external ?? "") }],
        ]),
      ),
      NetworkMode: args.networkMode,
      ReadonlyRootfs: args.readOnly,
      Init: args.init,
      CapAdd: args.capabilities?.adds,
      CapDrop: args.capabilities?.drops,
      SecurityOpt: args.securityOpts,
      Memory: mebibytes(args.memory),
      MemorySwap: mebibytes(args.memorySwap),
      NanoCpus: args.cpus === undefined ? undefined : Math.round(Number(args.cpus) * 1e9),
      ShmSize: mebibytes(args.shmSize),
      Tmpfs: args.tmpfs,
      RestartPolicy: { Name: args.restart },
    },
  };
  return JSON.parse(JSON.stringify(options)) as Docker.ContainerCreateOptions;
}

function toRecord(labels: readonly { readonly label: string; readonly value: string }[] = []): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

type Upload = NonNullable<ContainerArgs["uploads"]>[number];

/** One file at a time and to `/`, as the provider does it. */
async function copyInto(
  container: Docker.Container,
  { file, content = "", source = "", permissions = "0644" }: Upload,
): Promise<void> {
  if (content === "" && source === "") throw new Error("one of 'content' and 'source' must be set");
  const archive = pack();
  const data = content === "" ? readFileSync(source) : Buffer.from(content);
  archive.entry({ name: file, mode: Number.parseInt(permissions, 8) }, data);
  archive.finalize();
  await container.putArchive(Readable.from(archive), { path: "/" });
}

async function untilHealthy(container: Docker.Container, waitTimeoutSeconds: number): Promise<void> {
  const end = Date.now() + waitTimeoutSeconds * 1000;
  while (Date.now() < end) {
    const { State } = await container.inspect();
    if (State.Health === undefined) throw new Error("a container without a health check cannot be waited for");
    if (State.Health.Status === "healthy") return;
    await delay(1000);
  }
  throw new Error(`the container is not healthy after ${waitTimeoutSeconds} seconds`);
}

async function buildImage(name: string, build: NonNullable<RemoteImageArgs["build"]>): Promise<void> {
  const archive = pack();
  for (const path of readdirSync(build.context, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(build.context, path);
    const { mode } = statSync(file);
    if (statSync(file).isFile()) archive.entry({ name: path, mode: mode & 0o777, uid: 0, gid: 0 }, readFileSync(file));
  }
  archive.finalize();
  const { buildArgs = {}, dockerfile = "Dockerfile", forceRemove = false } = build;
  const options: Docker.ImageBuildOptions = {
    t: name,
    dockerfile,
    buildargs: buildArgs,
    forcerm: forceRemove,
    version: "1",
  };
  const stream = await engine.buildImage(Readable.from(archive), options);
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(stream, (error, events: { error?: string }[]) => {
      const failed = error?.message ?? events.find((event) => event.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(failed));
    });
  });
}
