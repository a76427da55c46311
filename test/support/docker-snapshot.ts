import { text } from "node:stream/consumers";
import { labelNames } from "@codex-workspace/core";
import Docker from "dockerode";
import { extract } from "tar-stream";

/**
 * What Docker has of a workspace, but for what it chose itself: ids, times, addresses, ports. Each container, network and volume
 * by its name; and by their paths the files that were copied into volumes, with mode, owner and text.
 */
export type DockerSnapshot = Readonly<Record<string, object>>;

const engine = new Docker();

/** Where the carrier of a workspace has the volumes of files. */
const carried = ["/etc/codex-workspace", "/etc/gateway"];

export async function takeSnapshot(workspace: string): Promise<DockerSnapshot> {
  const filters = { label: [`${labelNames.workspace}=${workspace}`] };
  const [listed, networks] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
  ]);
  const containers = await Promise.all(listed.map(({ Id }) => engine.getContainer(Id).inspect()));
  const volumes = await Promise.all(mountedVolumes(containers).map((name) => engine.getVolume(name).inspect()));
  const carrier = engine.getContainer(`codex-workspace-${workspace}-config`);
  const files = await Promise.all(carried.map((path) => readFiles(carrier, path)));
  return Object.fromEntries<object>([
    ...containers.map((container) => [`container ${container.Name}`, describeContainer(container)] as const),
    ...networks.map(({ Id, Created, IPAM, ...network }) => [`network ${network.Name}`, { network }] as const),
    ...volumes.map(
      ({ Name, Driver, Labels, Options }) => [`volume ${Name}`, { volume: { Driver, Labels, Options } }] as const,
    ),
    [`files of ${workspace}`, Object.fromEntries(files.flat())],
  ]);
}

/** Not each of them has the label of the workspace. */
function mountedVolumes(containers: readonly Docker.ContainerInspectInfo[]): string[] {
  const mounts = containers.flatMap(({ Mounts }) => Mounts.filter(({ Type }) => Type === "volume"));
  return [...new Set(mounts.map(({ Name = "" }) => Name))];
}

function describeContainer(info: Docker.ContainerInspectInfo): object {
  const { Id, Image, Path, Args, AppArmorProfile, Mounts, HostConfig, Config, NetworkSettings, State } = info;
  const networks = Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => {
    const aliases = (Aliases as readonly string[] | null) ?? [];
    return [name, aliases.filter((alias) => !Id.startsWith(alias))] as const;
  });
  return {
    ...{ Image, Path, Args, AppArmorProfile, Mounts, HostConfig },
    Config: { ...Config, Hostname: undefined },
    Networks: Object.fromEntries(networks),
    Status: State.Status,
  };
}

/** A directory and what is in it. */
async function readFiles(container: Docker.Container, directory: string): Promise<[path: string, what: string][]> {
  const files: [string, string][] = [];
  const reader = extract();
  (await container.getArchive({ path: directory })).pipe(reader);
  const parent = directory.slice(0, directory.lastIndexOf("/"));
  for await (const entry of reader) {
    const { name, mode, uid, gid } = entry.header;
    files.push([`${parent}/${name}`, `${mode.toString(8)} ${String(uid)}:${String(gid)} ${await text(entry)}`]);
  }
  return files;
}
