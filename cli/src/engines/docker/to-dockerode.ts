import { buffer } from "node:stream/consumers";
import type { ContainerRequest, FileRequest, MountRequest, NetworkRequest, VolumeRequest } from "@codex-workspace/core";
import type { ContainerCreateOptions, MountSettings, NetworkCreateOptions, VolumeCreateOptions } from "dockerode";
import { pack } from "tar-stream";

/** A container request as the Engine API has it. */
export function toContainerOptions(request: ContainerRequest): ContainerCreateOptions {
  const { hardening, network, resources } = request;
  const { seccomp } = hardening;
  return {
    name: request.name,
    Image: request.image,
    ...(request.entrypoint !== undefined && { Entrypoint: [...request.entrypoint] }),
    Cmd: [...request.command],
    ...(request.user !== undefined && { User: request.user }),
    Env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...request.labels },
    ExposedPorts: Object.fromEntries(request.ports.map(({ containerPort }) => [`${containerPort}/tcp`, {}])),
    StopTimeout: request.stopTimeoutSeconds,
    ...(request.healthcheck === "none" && { Healthcheck: noHealthcheck }),
    HostConfig: {
      Mounts: request.mounts.map(toMount),
      PortBindings: Object.fromEntries(
        request.ports.map(({ hostIp, hostPort, containerPort }) => [
          `${containerPort}/tcp`,
          [{ HostIp: hostIp, HostPort: String(hostPort) }],
        ]),
      ),
      NetworkMode: network === "none" ? "none" : network.name,
      ReadonlyRootfs: hardening.readOnlyRoot,
      Init: hardening.init,
      CapAdd: [...hardening.capAdd],
      CapDrop: [...hardening.capDrop],
      SecurityOpt: [
        ...(hardening.noNewPrivileges ? ["no-new-privileges:true"] : []),
        ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
      ],
      PidsLimit: hardening.pidsLimit,
      // Docker would allow as much swap beside it.
      ...(resources.memoryMiB !== undefined && {
        Memory: bytes(resources.memoryMiB),
        MemorySwap: bytes(resources.memoryMiB),
      }),
      ...(resources.cpus !== undefined && { NanoCpus: Math.round(resources.cpus * 1e9) }),
      ...(resources.shmMiB !== undefined && { ShmSize: bytes(resources.shmMiB) }),
      Tmpfs: { ...hardening.tmpfs },
      RestartPolicy: { Name: request.restart },
    },
    ...(network !== "none" && {
      NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: [...network.aliases] } } },
    }),
  };
}

/** In nanoseconds. */
const second = 1e9;

/** Said in full, as Pulumi and Terraform have to: the engine fills in of the image's what is left out. */
const noHealthcheck = { Test: ["NONE"], Interval: second, Timeout: second, StartPeriod: second, Retries: 1 };

export function toNetworkOptions({ name, labels }: NetworkRequest): NetworkCreateOptions {
  // Docker allows two networks of one name, of which containers then get either.
  return { Name: name, Labels: { ...labels }, CheckDuplicate: true };
}

export function toVolumeOptions({ name, labels }: VolumeRequest): VolumeCreateOptions {
  return { Name: name, Labels: { ...labels } };
}

/** Files as a tar archive to be unpacked at `/`: root's, with their modes, and a directory that we add for root alone. */
export async function toArchive(files: readonly FileRequest[], existingDirectory: string): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date(0);
  const added = new Set<string>();
  for (const { path, content, mode } of files) {
    const directory = path.slice(0, path.lastIndexOf("/"));
    if (directory !== existingDirectory && directory.startsWith(`${existingDirectory}/`) && !added.has(directory)) {
      archive.entry({ name: `${directory.slice(1)}/`, type: "directory", mode: 0o700, uid: 0, gid: 0, mtime });
      added.add(directory);
    }
    const text = typeof content === "string" ? content : content.reveal();
    archive.entry({ name: path.slice(1), mode, uid: 0, gid: 0, mtime }, text);
  }
  archive.finalize();
  return buffer(archive);
}

function bytes(mebibytes: number): number {
  return mebibytes * 1024 * 1024;
}

function toMount({ kind, source, target, readOnly }: MountRequest): MountSettings {
  return { Type: kind, Source: source, Target: target, ReadOnly: readOnly };
}
