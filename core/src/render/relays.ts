import { gatewaySockets, publishedSocket, relayPorts } from "../gateway/contract.ts";
import type { PlannedNetwork } from "../plan/workspace-plan.ts";
import type { WrapperConfig } from "../wrapper-config.ts";

/** Ways out: ports that lead to the gateways. Ways in: sockets that lead to what is published. */
export function relaysOf(network: PlannedNetwork | undefined): WrapperConfig["relays"] {
  if (network === undefined) return [];
  return [
    { from: { port: relayPorts.modelGateway }, to: { socket: gatewaySockets.modelGateway } },
    ...(network.egress === undefined
      ? []
      : [{ from: { port: relayPorts.egressProxy }, to: { socket: gatewaySockets.egressProxy } }]),
    ...network.gateway.publishedPorts.map((port) => ({ from: { socket: publishedSocket(port) }, to: { port } })),
  ];
}

/** By these, programs find the proxy: one spelling for some, the other for the rest; Node takes them when it is told to. */
export function proxyVariables(network: PlannedNetwork | undefined): Record<string, string> {
  if (network?.egress === undefined) return {};
  const proxy = `http://127.0.0.1:${relayPorts.egressProxy}`;
  const variables = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: "localhost,127.0.0.1,::1" };
  const spelled = Object.entries(variables).flatMap(([name, value]) => [
    [name, value] as const,
    [name.toLowerCase(), value] as const,
  ]);
  return { ...Object.fromEntries(spelled), NODE_USE_ENV_PROXY: "1" };
}
