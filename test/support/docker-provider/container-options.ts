import type Docker from "dockerode";
import type { ContainerArgs } from "./container.ts";
import { toRecord } from "./labels.ts";

/** A container's properties in the words of the Engine API. */
export function toOptions(args: ContainerArgs): Docker.ContainerCreateOptions {
  const options = {
    name: args.name,
    Image: args.image,
    Entrypoint: args.entrypoints,
    Cmd: args.command,
    User: args.user,
    WorkingDir: args.workingDir,
    Env: args.envs,
    Labels: toRecord(args.labels),
    ExposedPorts: Object.fromEntries(
      (args.ports ?? []).map(({ internal, protocol = "tcp" }) => [`${internal}/${protocol}`, {}]),
    ),
    StopTimeout: args.stopTimeout,
    Healthcheck: args.healthcheck && {
      Test: args.healthcheck.tests,
      Interval: toNanoseconds(args.healthcheck.interval),
      Timeout: toNanoseconds(args.healthcheck.timeout),
      StartPeriod: toNanoseconds(args.healthcheck.startPeriod),
      Retries: args.healthcheck.retries,
    },
    HostConfig: {
      ...toUpdate(args),
      Mounts: args.mounts?.map(({ type, source, target, readOnly, volumeOptions }) => ({
        Type: type,
        Source: source,
        Target: target,
        ReadOnly: readOnly,
        VolumeOptions: volumeOptions && {
          NoCopy: volumeOptions.noCopy,
          Labels: toRecord(volumeOptions.labels),
          DriverConfig: { Name: volumeOptions.driverName ?? "", Options: volumeOptions.driverOptions ?? {} },
        },
      })),
      PortBindings: Object.fromEntries(
        (args.ports ?? []).map(({ ip, internal, external, protocol = "tcp" }) => [
          `${internal}/${protocol}`,
          [{ HostIp: ip ?? "0.0.0.0", HostPort: String(external ?? 0) }],
        ]),
      ),
      NetworkMode: args.networkMode ?? "bridge",
      ReadonlyRootfs: args.readOnly,
      Init: args.init,
      CapAdd: args.capabilities?.adds,
      CapDrop: args.capabilities?.drops,
      SecurityOpt: args.securityOpts,
      NanoCpus: args.cpus === undefined ? undefined : Math.round(Number(args.cpus) * 1e9),
      CpuPeriod: args.cpuPeriod,
      CpuQuota: args.cpuQuota,
      ShmSize: toBytes(args.shmSize),
      Tmpfs: args.tmpfs,
    },
  };
  return JSON.parse(JSON.stringify(options)) as Docker.ContainerCreateOptions;
}

/** What the provider changes on the engine where the container is there. */
export const updatable = ["restart", "maxRetryCount", "cpuShares", "cpuSet", "memory", "memorySwap"] as const;

/** Those in the words of the Engine API. */
export function toUpdate(args: ContainerArgs) {
  return {
    RestartPolicy: { Name: args.restart ?? "no", MaximumRetryCount: args.maxRetryCount ?? 0 },
    CpuShares: args.cpuShares,
    CpusetCpus: args.cpuSet,
    Memory: toBytes(args.memory),
    MemorySwap: toBytes(args.memorySwap),
  };
}

/** Mebibytes to bytes. -1 has no limit in either. */
function toBytes(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined || mebibytes < 0 ? mebibytes : mebibytes * 1024 * 1024;
}

const nanoseconds: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1m30s` */
function toNanoseconds(duration = "0s"): number {
  const parts = [...duration.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (nanoseconds[unit] ?? 0), 0);
}
