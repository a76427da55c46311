import { posix } from "node:path";
import { configFiles, containerPaths, containerUsers, defaultApiPort, demoModelPort, labelNames } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";
import type { RenderedFile, RenderedWorkspace } from "../render/render-files.ts";
import { requireApiTokens } from "./require-api-tokens.ts";
import type {
  ContainerRequest,
  Hardening,
  MountRequest,
  Resources,
  VolumeRequest,
  WorkspaceRequests,
} from "./requests.ts";

export interface DockerInputs {
  /** The image that was built or pulled for the plan: a reference or an id. */
  readonly image: string;
  readonly rendered: RenderedWorkspace;
  /** Docker's default seccomp profile plus what Codex's sandbox needs. */
  readonly seccomp: string;
  /** The scripted model as one file, needed when the plan has it as a service. */
  readonly demoModelProgram?: string | undefined;
}

/** The base URL of the demo model on a workspace's network. */
export const containerDemoModelUrl = `http://demo-model:${demoModelPort}/v1`;

/** What the read-only root of a workspace leaves writable, beside its volumes. */
const tmpfs = { "/tmp": "rw,exec,nosuid,nodev,mode=1777", "/run": "rw,noexec,nosuid,nodev,mode=755" };

/** In place of the home volume, where the state does not persist. */
const homeTmpfs = { [containerPaths.home]: "rw,exec,nosuid,nodev,mode=755" };

const noLimits: Resources = { memoryMiB: undefined, cpus: undefined, shmMiB: undefined };

const nothingSpecial: Hardening = {
  readOnlyRoot: true,
  init: true,
  capAdd: [],
  capDrop: ["ALL"],
  noNewPrivileges: true,
  seccomp: undefined,
  pidsLimit: 256,
  tmpfs: {},
};

/**
 * The containers, volumes and network of a plan. Pure: the same inputs give the same requests.
 *
 * @throws WorkspaceError `SPEC_INVALID` where the project would be mounted over what the workspace needs, and where the
 * API would need no token
 */
export function toWorkspaceRequests(plan: WorkspacePlan, inputs: DockerInputs): WorkspaceRequests {
  requireFreeWorkdir(plan.workdir);
  requireApiTokens(plan);
  const names = resourceNames(plan);
  const labels = (role: string): Record<string, string> => ({
    ...plan.labels,
    [labelNames.workspace]: plan.name,
    [labelNames.role]: role,
  });
  const volumes: VolumeRequest[] = [{ role: "config", name: names.config, labels: labels("config") }];
  if (plan.statePersistence) volumes.unshift({ role: "home", name: names.home, labels: labels("home") });
  if (plan.project.kind === "volume") {
    volumes.push({ role: "project", name: names.project, labels: labels("project") });
  }
  const containers = plan.services.map((service): ContainerRequest =>
    service.name === "workspace"
      ? workspaceContainer(plan, inputs, names, labels("workspace"))
      : demoModelContainer(inputs, names, labels("demo-model")),
  );
  return {
    networks: [{ name: names.network, labels: labels("network") }],
    volumes,
    containers: [carrierContainer(inputs, names, labels("config")), ...containers],
  };
}

/** A mount hides what the image and our volumes have at the same place. */
function requireFreeWorkdir(workdir: string): void {
  const neverBelow = [
    containerPaths.config,
    containerPaths.requirements,
    containerPaths.state,
    containerPaths.uploads,
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

interface ResourceNames {
  readonly prefix: string;
  readonly network: string;
  readonly home: string;
  readonly config: string;
  readonly project: string;
}

function resourceNames({ name, project }: WorkspacePlan): ResourceNames {
  const prefix = `codex-workspace-${name}`;
  return {
    prefix,
    network: prefix,
    home: `${prefix}-home`,
    config: `${prefix}-config`,
    project: project.kind === "volume" && project.name !== undefined ? project.name : `${prefix}-project`,
  };
}

/** Never started: copying into it fills the `config` volume, which the workspace mounts read-only. */
function carrierContainer(
  { image, rendered }: DockerInputs,
  names: ResourceNames,
  labels: Record<string, string>,
): ContainerRequest {
  return {
    role: "config",
    name: `${names.prefix}-config`,
    image,
    entrypoint: undefined,
    command: [],
    user: undefined,
    env: {},
    labels: { ...labels, [labelNames.configHash]: rendered.configHash },
    mounts: [{ kind: "volume", source: names.config, target: containerPaths.config, readOnly: false }],
    ports: [],
    network: "none",
    // A container that never starts needs no hardening, and nothing can be copied into a read-only root.
    hardening: { ...nothingSpecial, readOnlyRoot: false },
    resources: noLimits,
    start: false,
    files: wholeVolume(rendered.files).map((file) => ({ ...file, path: `${containerPaths.config}/${file.path}` })),
    stopTimeoutSeconds: 0,
    restart: "no",
    healthcheck: "none",
  };
}

/** Read without being asked for, or secret: what has become of no use must not stay. */
const neverLeft = [configFiles.requirements, configFiles.modelKey, configFiles.secretEnvironment];

/** A carrier can write over what a former one left in the volume, and cannot remove it: what is no more is emptied. */
function wholeVolume(files: readonly RenderedFile[]): RenderedFile[] {
  const emptied = neverLeft.filter((path) => files.every((file) => file.path !== path));
  return [...emptied.map((path) => ({ path, content: "", mode: 0o444 })), ...files];
}

function workspaceContainer(
  plan: WorkspacePlan,
  { image, seccomp }: DockerInputs,
  names: ResourceNames,
  labels: Record<string, string>,
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
    entrypoint: undefined,
    command: [],
    user: undefined,
    env: {},
    labels: {
      ...labels,
      [labelNames.codexVersion]: plan.codexVersion,
    },
    mounts: [
      ...(plan.statePersistence ? [home] : []),
      { kind: "volume", source: names.config, target: containerPaths.config, readOnly: true },
      project,
    ],
    ports: [{ hostIp: "127.0.0.1", hostPort: plan.api.port, containerPort: defaultApiPort }],
    network: { name: names.network, aliases: [] },
    hardening: {
      ...nothingSpecial,
      capAdd: ["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"],
      seccomp,
      pidsLimit: plan.resources.pids,
      tmpfs: {
        ...tmpfs,
        ...(tmpMiB !== undefined && { "/tmp": `${tmpfs["/tmp"]},size=${tmpMiB}m` }),
        ...(!plan.statePersistence && homeTmpfs),
      },
    },
    resources: { memoryMiB, cpus, shmMiB },
    start: true,
    files: [],
    stopTimeoutSeconds: 15,
    restart: "unless-stopped",
    healthcheck: "image",
  };
}

function demoModelContainer(
  { image, demoModelProgram }: DockerInputs,
  names: ResourceNames,
  labels: Record<string, string>,
): ContainerRequest {
  if (demoModelProgram === undefined) throw new Error("a plan with the demo model needs demoModelProgram");
  const program = "/opt/scripted-model.mjs";
  return {
    role: "demo-model",
    name: `${names.prefix}-demo-model`,
    image,
    entrypoint: [containerPaths.nodeProgram, program],
    command: ["--host", "0.0.0.0", "--port", String(demoModelPort), "--mode", "demo"],
    user: `${containerUsers.codex}:${containerUsers.codex}`,
    env: {},
    labels,
    mounts: [],
    ports: [],
    network: { name: names.network, aliases: ["demo-model"] },
    // The program is copied in, which a read-only root refuses.
    hardening: { ...nothingSpecial, readOnlyRoot: false },
    resources: noLimits,
    start: true,
    files: [{ path: program, content: demoModelProgram, mode: 0o444 }],
    stopTimeoutSeconds: 5,
    restart: "unless-stopped",
    healthcheck: "none",
  };
}
