import { posix } from "node:path";
import { configFiles, containerPaths, containerUsers, demoModelPort, labelNames } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import { gatewayPaths } from "../gateway/contract.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";
import type { RenderedFile, RenderedWorkspace } from "../render/render-files.ts";
import { gatewayContainer, type GatewayFiles, gatewayFiles, socketsMount } from "./gateways.ts";
import { plainContainer, plainHardening } from "./plain-container.ts";
import { carriedPath } from "./reread-files.ts";
import { requireApiTokens } from "./require-api-tokens.ts";
import type { ContainerRequest, MountRequest, VolumeRequest, WorkspaceRequests } from "./requests.ts";
import { type ResourceNames, resourceNames } from "./resource-names.ts";

export interface DockerInputs {
  /** The image that was built or pulled for the plan: a reference or an id. */
  readonly image: string;
  /** That of both gateways, likewise. */
  readonly gatewayImage: string;
  readonly rendered: RenderedWorkspace;
  /** Docker's default seccomp profile plus what Codex's sandbox needs. */
  readonly seccomp: string;
  /** The scripted model as one file, needed when the plan has it as a service. */
  readonly demoModelProgram?: string | undefined;
}

/** The base URL of the demo model on the network of a workspace's gateways. */
export const containerDemoModelUrl = `http://demo-model:${demoModelPort}/v1`;

/** What the read-only root of a workspace leaves writable, beside its volumes. */
const tmpfs = { "/tmp": "rw,exec,nosuid,nodev,mode=1777", "/run": "rw,noexec,nosuid,nodev,mode=755" };

/** In place of the home volume, where the state does not persist. */
const homeTmpfs = { [containerPaths.home]: "rw,exec,nosuid,nodev,mode=755" };

/**
 * The containers, volumes and network of a plan. Pure: the same inputs give the same requests.
 *
 * @throws WorkspaceError `SPEC_INVALID` where the project would be mounted over what the workspace needs, and where the
 * API would need no token
 */
export function toWorkspaceRequests(plan: WorkspacePlan, inputs: DockerInputs): WorkspaceRequests {
  requireFreeWorkdir(plan.workdir);
  requireApiTokens(plan);
  if (plan.network === undefined) throw new Error("a plan of containers has gateways");
  const names = resourceNames(plan);
  const gateways = gatewayFiles(plan.network);
  const volume = (role: VolumeRequest["role"], name: string): VolumeRequest => {
    return { role, name, labels: names.labels(role) };
  };
  return {
    networks: [{ name: names.network, labels: names.labels("network") }],
    volumes: [
      ...(plan.statePersistence ? [volume("home", names.home)] : []),
      volume("config", names.config),
      ...gateways.map(({ role }) => volume(`${role}-config`, names.gatewayConfig(role))),
      volume("sockets", names.sockets),
      ...(plan.project.kind === "volume" ? [volume("project", names.project)] : []),
    ],
    containers: [
      carrierContainer(inputs, gateways, names),
      ...plan.services.map(({ name }) => {
        if (name === "workspace") return workspaceContainer(plan, inputs, names);
        if (name === "demo-model") return demoModelContainer(inputs, names);
        return gatewayContainer(name, inputs.gatewayImage, plan, names);
      }),
    ],
  };
}

/** A mount hides what the image and our volumes have at the same place. */
function requireFreeWorkdir(workdir: string): void {
  const neverBelow = [
    containerPaths.config,
    containerPaths.requirements,
    containerPaths.state,
    containerPaths.uploads,
    gatewayPaths.sockets,
    posix.dirname(containerPaths.terminalHome),
    ...kernelPaths,
  ];
  const neverAbove = [
    ...neverBelow,
    containerPaths.codexHome,
    containerPaths.codexProgram,
    containerPaths.nodeProgram,
    ...Object.keys(tmpfs),
  ];
  const hidden =
    neverAbove.find((path) => isAtOrBelow(path, workdir)) ?? neverBelow.find((path) => isAtOrBelow(workdir, path));
  if (hidden === undefined) return;
  throw new WorkspaceError(`the project cannot be mounted at ${workdir}: the workspace keeps ${hidden} there`, {
    code: "SPEC_INVALID",
    remedy: `Choose another workdir, such as ${containerPaths.workdir}.`,
    problems: [{ path: "workdir", message: `would hide ${hidden}` }],
  });
}

const kernelPaths = ["/dev", "/proc", "/sys"];

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/**
 * Never started: copying into it fills the volumes of files, which the others mount read-only. Each volume is mounted where its
 * reader has it, those of the gateways below their name.
 */
function carrierContainer(
  { image, rendered }: DockerInputs,
  gateways: readonly GatewayFiles[],
  names: ResourceNames,
): ContainerRequest {
  const carried = [
    { source: names.config, target: containerPaths.config, files: wholeVolume(rendered.files) },
    ...gateways.map(({ role, files }) => ({ source: names.gatewayConfig(role), target: carriedPath(role), files })),
  ];
  return {
    role: "config",
    name: `${names.prefix}-config`,
    image,
    ...plainContainer,
    labels: { ...names.labels("config"), [labelNames.configHash]: rendered.configHash },
    mounts: carried.map(({ source, target }) => ({ kind: "volume", source, target, readOnly: false })),
    // A container that never starts needs no hardening, and nothing can be copied into a read-only root.
    hardening: { ...plainHardening, readOnlyRoot: false },
    start: false,
    files: carried.flatMap(({ target, files }) => files.map((file) => ({ ...file, path: `${target}/${file.path}` }))),
    stopTimeoutSeconds: 0,
    restart: "no",
  };
}

/** Read without being asked for, or secret: what has become of no use must not stay. */
const neverLeft = [
  configFiles.requirements,
  configFiles.gitConfig,
  configFiles.modelKey,
  configFiles.secretEnvironment,
];

/** A carrier can write over what a former one left in the volume, and cannot remove it: what is no more is emptied. */
function wholeVolume(files: readonly RenderedFile[]): RenderedFile[] {
  const emptied = neverLeft.filter((path) => files.every((file) => file.path !== path));
  return [...emptied.map((path) => ({ path, content: "", mode: 0o444 })), ...files];
}

function workspaceContainer(
  plan: WorkspacePlan,
  { image, seccomp }: DockerInputs,
  names: ResourceNames,
): ContainerRequest {
  const { memoryMiB, cpus, shmMiB, tmpMiB } = plan.resources;
  const home: MountRequest = { kind: "volume", source: names.home, target: containerPaths.home, readOnly: false };
  const project: MountRequest =
    plan.project.kind === "bind"
      ? { kind: "bind", source: plan.project.path, target: plan.workdir, readOnly: false }
      : { kind: "volume", source: names.project, target: plan.workdir, readOnly: false };
  return {
    role: "workspace",
    name: names.prefix,
    image,
    ...plainContainer,
    env: plan.environment.tools,
    labels: {
      ...names.labels("workspace"),
      [labelNames.codexVersion]: plan.codexVersion,
    },
    mounts: [
      ...(plan.statePersistence ? [home] : []),
      { kind: "volume", source: names.config, target: containerPaths.config, readOnly: true },
      socketsMount(names),
      project,
    ],
    network: plan.network?.mode === "open" ? { name: names.network, aliases: [] } : "none",
    hardening: {
      ...plainHardening,
      capAdd: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"],
      seccomp,
      pidsLimit: plan.resources.pids,
      tmpfs: {
        ...tmpfs,
        ...(tmpMiB !== undefined && { "/tmp": `${tmpfs["/tmp"]},size=${tmpMiB}m` }),
        ...(!plan.statePersistence && homeTmpfs),
      },
    },
    resources: { memoryMiB, cpus, shmMiB },
    stopTimeoutSeconds: 15,
    healthcheck: "image",
  };
}

function demoModelContainer({ image, demoModelProgram }: DockerInputs, names: ResourceNames): ContainerRequest {
  if (demoModelProgram === undefined) throw new Error("a plan with the demo model needs demoModelProgram");
  const program = "/opt/scripted-model.mjs";
  return {
    role: "demo-model",
    name: `${names.prefix}-demo-model`,
    image,
    ...plainContainer,
    entrypoint: [containerPaths.launchProgram, "own", containerPaths.nodeProgram, program],
    command: ["--host", "0.0.0.0", "--port", String(demoModelPort), "--mode", "demo"],
    user: `${containerUsers.codex}:${containerUsers.codex}`,
    labels: names.labels("demo-model"),
    network: { name: names.network, aliases: ["demo-model"] },
    // The program is copied in, which a read-only root refuses.
    hardening: { ...plainHardening, readOnlyRoot: false },
    files: [{ path: program, content: demoModelProgram, mode: 0o444 }],
  };
}
