import { type ContainerRequest, labelNames } from "@codex-workspace/core";
import type Docker from "dockerode";
import type { DownReport } from "../engine.ts";
import { isStatus } from "./docker-failure.ts";

export interface ExistingContainer {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly running: boolean;
  /** Whether it ever ran: a replacement creates its containers before it stops the others. */
  readonly hasStarted: boolean;
  /** Names of its volumes, by where they are mounted. */
  readonly volumes: ReadonlyMap<string, string>;
}

/** What a container is called while a replacement is under way. */
export const suffixes = { next: "-next", former: "-former" } as const;

/** Whether a container is one that a killed replacement left. */
export function isLeftover(name: string, wanted: readonly string[]): boolean {
  return !wanted.includes(name) && Object.values(suffixes).some((suffix) => name.endsWith(suffix));
}

interface ExistingVolume {
  readonly name: string;
  readonly role: string;
}

/** What an engine holds of a workspace, found by label: also what an interrupted run left. */
export class Inventory {
  readonly containers: readonly ExistingContainer[];
  readonly #networks: readonly string[];
  readonly #volumes: readonly ExistingVolume[];
  readonly workspace: string;
  readonly #docker: Docker;

  private constructor(
    docker: Docker,
    workspace: string,
    containers: readonly ExistingContainer[],
    networks: readonly string[],
    volumes: readonly ExistingVolume[],
  ) {
    this.#docker = docker;
    this.workspace = workspace;
    this.containers = containers;
    this.#networks = networks;
    this.#volumes = volumes;
  }

  static async read(docker: Docker, workspace: string): Promise<Inventory> {
    const filters = { label: [`${labelNames.workspace}=${workspace}`] };
    const [containers, networks, { Volumes: volumes }] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
      docker.listVolumes({ filters: JSON.stringify(filters) }),
    ]);
    return new Inventory(
      docker,
      workspace,
      containers.map(({ Id: id, Names, Labels, State, Mounts }) => ({
        id,
        name: Names[0]?.replace(/^\//, "") ?? id,
        role: Labels[labelNames.role] ?? "",
        running: State === "running",
        hasStarted: State !== "created",
        volumes: new Map(Mounts.flatMap(({ Name, Destination }) => (Name === undefined ? [] : [[Destination, Name]]))),
      })),
      networks.map(({ Name }) => Name),
      volumes.map(({ Name: name, Labels }) => ({ name, role: Labels[labelNames.role] ?? "" })),
    );
  }

  /** Whether every program runs. While a replacement is under way, either container of a role counts. */
  allRun(): boolean {
    const roles = new Set(this.containers.map(({ role }) => role).filter((role) => role !== "config"));
    return [...roles].every((role) =>
      this.containers.some((container) => container.role === role && container.running),
    );
  }

  /** The container of a role that ran last. Docker lists new containers first. */
  lastStarted(role: string): ExistingContainer | undefined {
    return this.containers.find((container) => container.role === role && container.hasStarted);
  }

  hasNetwork(name: string): boolean {
    return this.#networks.includes(name);
  }

  hasVolume(name: string): boolean {
    return this.#volumes.some((volume) => volume.name === name);
  }

  hasAll(wanted: readonly ContainerRequest[]): boolean {
    return (
      wanted.length === this.containers.length &&
      wanted.every(({ name }) => this.containers.some((container) => container.name === name))
    );
  }

  isRunning(name: string): boolean {
    return this.containers.some((container) => container.name === name && container.running);
  }

  /**
   * Removes containers, network and configuration; with `volumes` also home and the project volume that we named. One
   * that the spec names is the user's.
   */
  async remove({ volumes }: { readonly volumes: boolean }): Promise<DownReport> {
    const removed: string[] = [];
    for (const { id, name, running } of this.containers) {
      const container = this.#docker.getContainer(id);
      if (running) await ignoring([304, 404], container.stop());
      await ignoring([404], container.remove({ force: true, v: true }));
      removed.push(`container "${name}"`);
    }
    for (const name of this.#networks) {
      await ignoring([404], this.#docker.getNetwork(name).remove());
      removed.push(`network "${name}"`);
    }
    const kept: string[] = [];
    for (const { name, role } of this.#volumes) {
      const isOurs = role !== "project" || name === `codex-workspace-${this.workspace}-project`;
      if (writtenAnew.has(role) || (volumes && isOurs)) {
        await ignoring([404], this.#docker.getVolume(name).remove());
        removed.push(`volume "${name}"`);
      } else {
        kept.push(`volume "${name}" (${role})`);
      }
    }
    return { removed, kept };
  }
}

/** Volumes of files, with keys among them, and of sockets, of which the next gateways' image says whose they are. */
export const writtenAnew: ReadonlySet<string> = new Set([
  "config",
  "model-gateway-config",
  "egress-proxy-config",
  "sockets",
]);

/** Somebody was quicker: what should be gone is gone. */
async function ignoring(statuses: readonly number[], action: Promise<unknown>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!statuses.some((status) => isStatus(error, status))) throw error;
  }
}
