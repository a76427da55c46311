import { devNull } from "node:os";
import type { ContainerConfig, ContainerPorts, ContainerUpload } from "@cdktf/provider-docker/lib/container/index.js";
import {
  type ContainerRequest,
  defaultApiPort,
  type FileRequest,
  type PortRequest,
  toCpuTime,
} from "@codex-workspace/core";
import { Fn, Op, Token } from "cdktf";
import { plainContent } from "./plain-content.ts";
import type { PrivateFile } from "./private-directory.ts";
import type { TerraformTexts } from "./terraform-texts.ts";

export interface ContainerWords {
  readonly texts: Pick<TerraformTexts, "text" | "content" | "secretFile">;
  /** Where the API is published, where Terraform alone knows that. */
  readonly apiPort: number | undefined;
  readonly writePrivate: (path: string, text: string) => PrivateFile;
}

/** A container request in the words of the Docker provider, but for its image. */
export function toContainerConfig(request: ContainerRequest, words: ContainerWords): Omit<ContainerConfig, "image"> {
  const { text } = words.texts;
  const { entrypoint, hardening, healthcheck, network, resources, user } = request;
  const { memoryMiB, cpus, shmMiB } = resources;
  const cpuTime = cpus === undefined ? undefined : toCpuTime(cpus);
  return withoutEmptyLists({
    name: text(request.name),
    ...(entrypoint !== undefined && { entrypoint: entrypoint.map(text) }),
    command: request.command.map(text),
    ...(user !== undefined && { user }),
    env: Object.entries(request.env).map(([name, value]) => text(`${name}=${value}`)),
    labels: toLabels(request.labels, text),
    mounts: request.mounts.map(({ kind, source, target, readOnly }) => {
      return { type: kind, source: text(source), target: text(target), readOnly };
    }),
    ports: request.ports.map((port) => toPort(port, words)),
    // The provider connects a network by itself, and then gives it the aliases: not where the container has it already.
    networkMode: network === "none" ? "none" : "bridge",
    ...(network !== "none" && { networksAdvanced: [{ name: text(network.name), aliases: [...network.aliases] }] }),
    readOnly: hardening.readOnlyRoot,
    init: hardening.init,
    capabilities: {
      ...(hardening.capAdd.length > 0 && { add: [...hardening.capAdd] }),
      drop: [...hardening.capDrop],
    },
    securityOpts: [
      ...(hardening.noNewPrivileges ? ["no-new-privileges:true"] : []),
      ...(hardening.seccomp === undefined ? [] : [text(`seccomp=${hardening.seccomp}`)]),
    ],
    tmpfs: { ...hardening.tmpfs },
    // Docker would allow as much swap beside it.
    ...(memoryMiB !== undefined && { memory: memoryMiB, memorySwap: memoryMiB }),
    ...(cpuTime !== undefined && { cpuPeriod: cpuTime.period, cpuQuota: cpuTime.quota }),
    ...(shmMiB !== undefined && { shmSize: shmMiB }),
    start: request.start,
    mustRun: request.start,
    upload: request.files.map((file) => toUpload(file, words)),
    stopTimeout: request.stopTimeoutSeconds,
    // Without it the provider kills what it removes.
    ...(request.start && { destroyGraceSeconds: request.stopTimeoutSeconds }),
    restart: request.restart,
    ...(healthcheck === "none" && { healthcheck: noHealthcheck }),
  });
}

/** Of what is left out the engine reports what the image has, and each look at the container would find a difference. */
const noHealthcheck = { test: ["NONE"], interval: "1s", timeout: "1s", startPeriod: "1s", retries: 1 };

/** One would be told from what the image brings, at each look at the container. */
function withoutEmptyLists<Config extends object>(config: Config): Config {
  const filled = Object.entries(config).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return Object.fromEntries(filled) as Config;
}

export function toLabels(
  labels: Readonly<Record<string, string>>,
  text: (plain: string) => string,
): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label: text(label), value: text(value) }));
}

function toPort({ hostIp, hostPort, containerPort }: PortRequest, { apiPort }: ContainerWords): ContainerPorts {
  const port = { ip: hostIp, internal: containerPort };
  if (containerPort === defaultApiPort && apiPort !== undefined) {
    // 0 is any free one. CDKTF loses a 0 in an expression.
    return { ...port, external: Token.asNumber(Fn.conditional(Op.lt(apiPort, 1), Token.nullValue(), apiPort)) };
  }
  return hostPort === 0 ? port : { ...port, external: hostPort };
}

/** Terraform shows what is longer character by character, and takes minutes for the program of the demo model. */
const maxContentLength = 65_536;

function toUpload(request: FileRequest, { texts, writePrivate }: ContainerWords): ContainerUpload {
  const { path, content, mode } = request;
  const file = { file: path, permissions: `0${mode.toString(8)}` };
  const plain = plainContent(request);
  // The provider refuses empty content, but not an empty source.
  if (plain === "") return { ...file, source: devNull };
  const secretFile = texts.secretFile(request);
  if (secretFile !== undefined) return { ...file, source: secretFile, sourceHash: Fn.filesha256(secretFile) };
  const later = texts.content(request);
  if (later !== undefined) return { ...file, content: later };
  const isPrivate = typeof content !== "string" || (mode & 0o004) === 0;
  if (!isPrivate && arrivesAsIs(plain)) return { ...file, content: texts.text(plain) };
  const { source, sourceHash } = writePrivate(path, plain);
  return { ...file, source: texts.text(source), sourceHash };
}

/** Terraform brings a text into the normal form of Unicode, and the manifest has a hash of each file. */
function arrivesAsIs(text: string): boolean {
  return text.length <= maxContentLength && text === text.normalize("NFC");
}
