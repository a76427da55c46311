import { devNull } from "node:os";
import { type ContainerRequest, type FileRequest, toCpuTime } from "@codex-workspace/core";
import * as pulumi from "@pulumi/pulumi";

/** A container request in the words of `docker.Container`, but for its image. What is secret of it is a secret output. */
export function toContainerArgs(request: ContainerRequest) {
  const { entrypoint, hardening, healthcheck, network, resources } = request;
  const { memoryMiB, cpus, shmMiB } = resources;
  const cpuTime = cpus === undefined ? undefined : toCpuTime(cpus);
  return {
    name: request.name,
    entrypoints: entrypoint && [...entrypoint],
    command: [...request.command],
    user: request.user,
    envs: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
    labels: toLabels(request.labels),
    mounts: request.mounts.map(({ kind, source, target, readOnly }) => ({ type: kind, source, target, readOnly })),
    ports: request.ports.map(({ hostIp, hostPort, containerPort }) => ({
      ip: hostIp,
      internal: containerPort,
      external: hostPort === 0 ? undefined : hostPort,
    })),
    // The provider connects a network by itself, and then gives it the aliases: not where the container has it already.
    networkMode: network === "none" ? "none" : "bridge",
    networksAdvanced: network === "none" ? undefined : [{ name: network.name, aliases: [...network.aliases] }],
    readOnly: hardening.readOnlyRoot,
    init: hardening.init,
    capabilities: { adds: [...hardening.capAdd], drops: [...hardening.capDrop] },
    securityOpts: [
      ...(hardening.noNewPrivileges ? ["no-new-privileges:true"] : []),
      ...(hardening.seccomp === undefined ? [] : [`seccomp=${hardening.seccomp}`]),
    ],
    tmpfs: { ...hardening.tmpfs },
    memory: memoryMiB,
    // Docker would allow as much swap beside it.
    memorySwap: memoryMiB,
    cpuPeriod: cpuTime?.period,
    cpuQuota: cpuTime?.quota,
    shmSize: shmMiB,
    start: request.start,
    mustRun: request.start,
    uploads: request.files.map(toUpload),
    stopTimeout: request.stopTimeoutSeconds,
    // Without it the provider kills what it removes.
    destroyGraceSeconds: request.start ? request.stopTimeoutSeconds : undefined,
    restart: request.restart,
    healthcheck: healthcheck === "none" ? noHealthcheck : undefined,
  };
}

/** Of what is left out the engine reports what the image has, and each `up` would find a difference. */
const noHealthcheck = { tests: ["NONE"], interval: "1s", timeout: "1s", startPeriod: "1s", retries: 1 };

export function toLabels(labels: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

function toUpload({ path, content, mode }: FileRequest) {
  const file = { file: path, permissions: `0${mode.toString(8)}` };
  const text = typeof content === "string" ? content : content.reveal();
  // The provider refuses empty content, but not an empty source.
  if (text === "") return { ...file, source: devNull };
  const isPrivate = typeof content !== "string" || (mode & 0o004) === 0;
  return { ...file, content: isPrivate ? pulumi.secret(text) : text };
}
