import { defaultApiPort } from "../contract.ts";
import { gatewaySockets, publishedSocket, relayPorts } from "../gateway/contract.ts";
import type { PlannedNetwork } from "../plan/workspace-plan.ts";
import type { WrapperConfig } from "../wrapper-config.ts";

/**
 * Ways out: ports that lead to the gateways. Ways in: sockets that lead to the ports of `network.ports`. The API needs none, because the
 * wrapper itself listens at its socket.
 */
export function relaysOf(network: PlannedNetwork | undefined): WrapperConfig["relays"] {
  if (network === undefined) return [];
  return [
    { from: { port: relayPorts.modelGateway }, to: { socket: gatewaySockets.modelGateway } },
    ...(network.egress === undefined
      ? []
      : [{ from: { port: relayPorts.egressProxy }, to: { socket: gatewaySockets.egressProxy } }]),
    ...network.gateway.publishedPorts
      .filter(({ port }) => port !== defaultApiPort)
      .map(({ port }) => ({ from: { socket: publishedSocket(port) }, to: { port } })),
  ];
}
