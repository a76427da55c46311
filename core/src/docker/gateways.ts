import { containerUsers, defaultApiPort } from "../contract.ts";
import { gatewayPaths } from "../gateway/contract.ts";
import { renderEgressProxy } from "../gateway/render-egress-proxy.ts";
import { renderModelGateway } from "../gateway/render-model-gateway.ts";
import type { PlannedNetwork, WorkspacePlan } from "../plan/workspace-plan.ts";
import type { RenderedFile } from "../render/render-files.ts";
import { plainContainer, plainHardening } from "./plain-container.ts";
import type { ContainerRequest, GatewayRole, MountRequest, PortRequest } from "./requests.ts";
import type { ResourceNames } from "./resource-names.ts";

export interface GatewayFiles {
  readonly role: GatewayRole;
  readonly files: readonly RenderedFile[];
}

/** What each gateway of a plan reads. */
export function gatewayFiles({ gateway, egress, upstreamProxy }: PlannedNetwork): GatewayFiles[] {
  return [
    { role: "model-gateway", files: renderModelGateway(gateway, upstreamProxy) },
    ...(egress === undefined
      ? []
      : [{ role: "egress-proxy", files: renderEgressProxy(egress, upstreamProxy) } as const]),
  ];
}

/** Users of the gateways' image. */
const users: Readonly<Record<GatewayRole, number>> = {
  "model-gateway": containerUsers.modelGateway,
  "egress-proxy": containerUsers.egressProxy,
};

/** One of the containers through which a workspace reaches the outside, and is reached. */
export function gatewayContainer(
  role: GatewayRole,
  image: string,
  { api, network }: WorkspacePlan,
  names: ResourceNames,
): ContainerRequest {
  const published = [{ hostPort: api.port, containerPort: defaultApiPort }];
  published.push(...(network?.ports ?? []).map((port) => ({ hostPort: port, containerPort: port })));
  // As Docker tells them, by name: a provider that reads them takes another order for a change, at each look.
  published.sort((one, other) => (String(one.containerPort) < String(other.containerPort) ? -1 : 1));
  return {
    role,
    name: `${names.prefix}-${role}`,
    image,
    ...plainContainer,
    command: [role],
    user: `${users[role]}:${users[role]}`,
    labels: names.labels(role),
    mounts: [
      { kind: "volume", source: names.gatewayConfig(role), target: gatewayPaths.config, readOnly: true },
      socketsMount(names),
    ],
    ports: role === "model-gateway" ? published.map((port): PortRequest => ({ hostIp: "127.0.0.1", ...port })) : [],
    network: { name: names.network, aliases: [] },
    hardening: { ...plainHardening, tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,mode=1777" } },
    healthcheck: "image",
  };
}

/** Where each of the three makes its sockets in a directory of its own; the image of the gateways says whose each is. */
export function socketsMount({ sockets }: ResourceNames): MountRequest {
  return { kind: "volume", source: sockets, target: gatewayPaths.sockets, readOnly: false };
}
