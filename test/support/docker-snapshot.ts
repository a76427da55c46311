import { text } from "node:stream/consumers";
import { labelNames } from "@codex-workspace/core";
import Docker from "dockerode";
import { extract } from "tar-stream";

const engine = new Docker();

/** What Docker has of a workspace, by name, but for what it chose itself: ids, times, addresses, ports. */
export interface DockerSnapshot {
  readonly containers: Readonly<Record<string, object>>;
  readonly networks: Readonly<Record<string, object>>;
  readonly volumes: Readonly<Record<string, object>>;
  /** What lies in the volumes of files, by path: mode, owner and text. */
  readonly files: Readonly<Record<string, string>>;
}

/** Where its carrier has the volumes of files. */
const carried = ["/etc/codex-workspace", "/etc/gateway"];

export async function takeSnapshot(workspace: string): Promise<DockerSnapshot> {
  const filters = { label: [`${labelNames.workspace}=${workspace}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters: JSON.stringify(filters) }),
  ]);
  const inspected = await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).inspect()));
  const carrier = engine.getContainer(`codex-workspace-${workspace}-config`);
  const files = await Promise.all(carried.map((path) => readFiles(carrier, path)));
  return {
    containers: byName(inspected.map(describeContainer)),
    networks: byName(
      networks.map(({ Name, Driver, Labels, Options, Internal }) => ({ Name, Driver, Labels, Options, Internal })),
    ),
    volumes: byName(volumes.map(({ Name, Driver, Labels, Options }) => ({ Name, Driver, Labels, Options }))),
    files: Object.assign({}, ...files) as DockerSnapshot["files"],
  };
}

function describeContainer({
  Id,
  Name,
  Image,
  State,
  Path,
  Args,
  Mounts,
  HostConfig,
  Config,
  NetworkSettings,
  ...info
}: Docker.ContainerInspectInfo) {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, { Aliases }]) => {
    const aliases = (Aliases as readonly string[] | null) ?? [];
    return [name, aliases.filter((alias) => !Id.startsWith(alias))] as const;
  });
  return {
    ...{ Name, Image, Path, Args, Mounts, HostConfig, AppArmorProfile: info.AppArmorProfile, Status: State.Status },
    Config: { ...Config, Hostname: undefined },
    Networks: Object.fromEntries(networks),
  };
}

/** A directory and what is in it. */
async function readFiles(container: Docker.Container, directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const reader = extract();
  (await container.getArchive({ path: directory })).pipe(reader);
  const parent = directory.slice(0, directory.lastIndexOf("/"));
  for await (const entry of reader) {
    const { name, mode, uid, gid } = entry.header;
    files[`${parent}/${name}`] = `${mode.toString(8)} ${String(uid)}:${String(gid)} ${await text(entry)}`;
  }
  return files;
}

function byName<Item extends { readonly Name: string }>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.Name, item]));
}
