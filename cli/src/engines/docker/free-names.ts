import type { ContainerRequest, WorkspaceRequests } from "@codex-workspace/core";
import { type Inventory, writtenAnew } from "./inventory.ts";

/**
 * Gives a replacement a network and volumes of files that are not those of the containers that it replaces: Docker renames
 * neither, and the former containers keep theirs until the replacement is ready. Home and project are the same volumes.
 */
export function withFreeNames(requests: WorkspaceRequests, existing: Inventory): WorkspaceRequests {
  const network = (name: string): string => freeName(name, (candidate) => existing.hasNetwork(candidate));
  const renamed = new Map(
    requests.volumes
      .filter(({ role }) => writtenAnew.has(role))
      .map(({ name }) => [name, freeName(name, (candidate) => existing.hasVolume(candidate))]),
  );
  return {
    networks: requests.networks.map((request) => ({ ...request, name: network(request.name) })),
    volumes: requests.volumes.map((request) => ({ ...request, name: renamed.get(request.name) ?? request.name })),
    containers: requests.containers.map((request) => ({
      ...withVolumes(request, (source) => renamed.get(source) ?? source),
      network: request.network === "none" ? "none" : { ...request.network, name: network(request.network.name) },
    })),
  };
}

/** Mounts the volumes that an existing container has at the same places. */
export function withVolumesOf(request: ContainerRequest, volumes: ReadonlyMap<string, string>): ContainerRequest {
  return withVolumes(request, (source, target) => volumes.get(target) ?? source);
}

function withVolumes(request: ContainerRequest, nameOf: (source: string, target: string) => string): ContainerRequest {
  const mounts = request.mounts.map((mount) =>
    mount.kind === "volume" ? { ...mount, source: nameOf(mount.source, mount.target) } : mount,
  );
  return { ...request, mounts };
}

/** The name itself, otherwise with the first number that makes it free. */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let number = 2; isTaken(free); number++) free = `${name}-${number}`;
  return free;
}
