import type Docker from "dockerode";
import type { Properties } from "./resources.ts";

/** What the engine says of a container, as far as the provider asks: environment, labels and uploads it does not. */
export function describeContainer({
  Name,
  Image,
  Config,
  HostConfig,
  NetworkSettings,
  State,
}: Docker.ContainerInspectInfo): Properties {
  const { CapAdd, CapDrop, SecurityOpt } = HostConfig as Partial<Record<string, readonly string[]>>;
  const properties = {
    name: Name.replace(/^\//, ""),
    image: Image,
    hostname: Config.Hostname,
    command: Config.Cmd,
    entrypoints: Config.Entrypoint ?? [],
    user: Config.User,
    workingDir: Config.WorkingDir,
    stopTimeout: (Config as { StopTimeout?: number }).StopTimeout,
    ...(Config.Healthcheck && { healthcheck: describeHealthcheck(Config.Healthcheck) }),
    readOnly: HostConfig.ReadonlyRootfs,
    init: HostConfig.Init ?? false,
    restart: HostConfig.RestartPolicy?.Name,
    maxRetryCount: HostConfig.RestartPolicy?.MaximumRetryCount,
    ...((CapAdd ?? CapDrop) && { capabilities: { adds: CapAdd ?? [], drops: CapDrop ?? [] } }),
    securityOpts: SecurityOpt ?? [],
    mounts: describeMounts(HostConfig.Mounts ?? []),
    tmpfs: (HostConfig.Tmpfs as Properties | null) ?? {},
    memory: toMebibytes(HostConfig.Memory),
    memorySwap: toMebibytes(HostConfig.MemorySwap),
    shmSize: toMebibytes(HostConfig.ShmSize),
    cpuShares: HostConfig.CpuShares,
    ...((HostConfig.NanoCpus ?? 0) > 0 && { cpus: printCpus((HostConfig.NanoCpus ?? 0) / 1e9) }),
    cpuSet: HostConfig.CpusetCpus,
    networkMode: HostConfig.NetworkMode,
    ports: describePorts(NetworkSettings.Ports),
    ...(!State.Running && { mustRun: false }),
    ...(!State.Running && { exitCode: State.ExitCode }),
  };
  // Without what is undefined.
  return JSON.parse(JSON.stringify(properties)) as Properties;
}

/** As the real provider prints them (observed on 5.2.0): 1 is "1.0", 10 is "10.", 0.05 is "0.1". */
function printCpus(cpus: number): string {
  return cpus.toFixed(1).slice(0, 3);
}

function describeHealthcheck({ Test, Interval, Timeout, StartPeriod, Retries }: Docker.HealthConfig): Properties {
  return {
    tests: Test,
    interval: toDuration(Interval),
    timeout: toDuration(Timeout),
    startPeriod: toDuration(StartPeriod),
    retries: Retries ?? 0,
  };
}

/** Where the volume of one gets labels, the provider fails at that and keeps what it has of all of them. */
function describeMounts(mounts: readonly Docker.MountSettings[]): Properties[] | undefined {
  if (mounts.some(({ VolumeOptions }) => Object.keys(VolumeOptions?.Labels ?? {}).length > 0)) return undefined;
  return mounts.map(({ Type, Source, Target, ReadOnly = false, VolumeOptions }) => ({
    ...{ type: Type, source: Source, target: Target, readOnly: ReadOnly },
    ...(VolumeOptions && {
      volumeOptions: {
        noCopy: VolumeOptions.NoCopy,
        driverName: VolumeOptions.DriverConfig.Name,
        driverOptions: VolumeOptions.DriverConfig.Options,
      },
    }),
  }));
}

function describePorts(ports: Docker.ContainerInspectInfo["NetworkSettings"]["Ports"]): Properties[] {
  return Object.entries(ports).flatMap(([port, bindings]) => {
    const [internal, protocol] = port.split("/");
    return ((bindings as typeof bindings | null) ?? []).map(({ HostIp, HostPort }) => ({
      internal: Number(internal),
      external: Number(HostPort),
      ip: HostIp,
      protocol,
    }));
  });
}

function toMebibytes(bytes = 0): number {
  return bytes > 0 ? bytes / 1024 / 1024 : bytes;
}

/** Nanoseconds as Go prints them: `1m30s`. */
function toDuration(nanoseconds = 0): string {
  const seconds = nanoseconds / 1e9;
  if (seconds > 0 && seconds < 1) return `${seconds * 1000}ms`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${seconds >= 60 ? `${minutes}m` : ""}${seconds % 60}s`;
}
