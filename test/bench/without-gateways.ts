import { homedir } from "node:os";
import { seccompProfile } from "@codex-workspace/agent-wrapper/image";
import {
  caVariables,
  type ContainerRequest,
  containerLayout,
  containerPaths,
  defaultApiPort,
  planWorkspace,
  renderFiles,
  toWorkspaceRequests,
  type WorkspaceRequests,
} from "@codex-workspace/core";
import { connectDocker } from "../../cli/src/engines/docker/connection.ts";
import {
  toArchive,
  toContainerOptions,
  toNetworkOptions,
  toVolumeOptions,
} from "../../cli/src/engines/docker/to-dockerode.ts";
import type { UpRequest } from "../../cli/src/engines/engine.ts";
import { testImage } from "../support/image.ts";

type Request = Pick<UpRequest, "name" | "directory" | "spec" | "token" | "resolveSecret">;

/** The baseline: the container of a workspace alone, on a network of its own. Its URL. */
export async function startWithoutGateways(request: Request): Promise<string> {
  const docker = await connectDocker({ env: process.env, home: homedir() });
  const { networks, volumes, containers } = await requestsOf(request);
  for (const network of networks) await docker.createNetwork(toNetworkOptions(network));
  for (const volume of volumes) await docker.createVolume(toVolumeOptions(volume));
  let url = "";
  for (const container of containers) {
    const created = await docker.createContainer(toContainerOptions(container));
    if (container.files.length > 0)
      await created.putArchive(await toArchive(container.files, containerPaths.config), { path: "/" });
    if (!container.start) continue;
    await created.start();
    const { NetworkSettings } = await created.inspect();
    url = `http://127.0.0.1:${NetworkSettings.Ports[`${defaultApiPort}/tcp`]?.[0]?.HostPort ?? ""}`;
  }
  return url;
}

/** What a workspace with gateways is made of, without what is about them. */
async function requestsOf({ name, directory, spec, token, resolveSecret }: Request): Promise<WorkspaceRequests> {
  const options = { name, generatedToken: token, resolveSecret };
  const own = { ...spec, project: { bind: directory } };
  const alone = planWorkspace(own, options);
  const listen = { host: "0.0.0.0", port: defaultApiPort };
  const { networks, volumes, containers } = toWorkspaceRequests(planWorkspace(own, { ...options, gateways: true }), {
    image: await testImage(),
    gatewayImage: "",
    rendered: renderFiles(alone, { ...containerLayout(alone), listen }),
    seccomp: seccompProfile(),
  });
  const kept = volumes.filter(({ role }) => role === "home" || role === "config");
  const withoutTheirs = (container: ContainerRequest): ContainerRequest => {
    const mounts = container.mounts.filter(
      ({ kind, source }) => kind === "bind" || kept.some((volume) => volume.name === source),
    );
    const files = container.files.filter(({ path }) => mounts.some(({ target }) => path.startsWith(`${target}/`)));
    return { ...container, mounts, files };
  };
  const published = {
    env: caVariables(containerPaths.caBundle),
    network: { name: networks[0]?.name ?? "", aliases: [] },
    ports: [{ hostIp: "127.0.0.1", hostPort: 0, containerPort: defaultApiPort }],
  };
  return {
    networks,
    volumes: kept,
    containers: containers
      .filter(({ role }) => role === "config" || role === "workspace")
      .map(withoutTheirs)
      .map((container) => (container.role === "workspace" ? { ...container, ...published } : container)),
  };
}
