import { defaultApiPort } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import { relayConnections } from "../gateway/contract.ts";
import type { ModelLimits, ModelRoute } from "../gateway/gateway-plan.ts";
import { planEgress } from "../network/egress-plan.ts";
import { readUpstreamProxy } from "../network/upstream-proxy.ts";
import type { Secret } from "../secret.ts";
import type { SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import type { PlannedGrants } from "./plan-grants.ts";
import { defaultBaseImage } from "./plan-image.ts";
import type { PlannedApi, PlannedGatewayImage, PlannedImage, PlannedModel, PlannedNetwork } from "./workspace-plan.ts";

/** Of one workspace, with all of its sessions and their agents: an agent that runs wild is to stop here. */
const defaultLimits: ModelLimits = { requestsPerMinute: 600, concurrentRequests: 32 };

/** What else is planned, and decides about the network. */
interface NetworkParts {
  readonly model: PlannedModel;
  readonly api: PlannedApi;
  readonly image: PlannedImage;
  readonly grants: PlannedGrants;
  readonly resolve: (input: SecretInput) => Secret;
}

/**
 * What the gateways of a workspace carry. Throws `SPEC_INVALID` for a port that is published twice, `SECRET_INVALID` for a proxy
 * that is none.
 */
export function planNetwork(
  { network = {}, caCertificates = [], modelLimits, image: { gatewayBaseImage } = {} }: WorkspaceSpec,
  { model, api, image, grants, resolve }: NetworkParts,
): PlannedNetwork {
  const { mode = "restricted", ports = [], upstreamProxy: proxy } = network;
  requireFreePorts(ports, api);
  return {
    mode,
    ports,
    image: planGatewayImage(image, gatewayBaseImage),
    gateway: {
      model: planModelRoute(model, modelLimits),
      github: grants.github,
      mcpServers: grants.mcpServers,
      grants: grants.hosts,
      publishedPorts: [
        { port: defaultApiPort, connections: api.limits.connections },
        ...ports.map((port) => ({ port, connections: relayConnections })),
      ],
      caCertificates,
    },
    egress: mode === "open" ? undefined : planEgress(network),
    upstreamProxy:
      proxy === undefined ? undefined : readUpstreamProxy(typeof proxy === "string" ? proxy : resolve(proxy)),
  };
}

/** As the workspace's own is built; where that is prebuilt, without a proxy. */
function planGatewayImage(image: PlannedImage, base: string | undefined): PlannedGatewayImage {
  const { baseImage, httpProxy, httpsProxy, noProxy } =
    image.kind === "build"
      ? image
      : { baseImage: defaultBaseImage, httpProxy: undefined, httpsProxy: undefined, noProxy: [] };
  return { baseImage: base ?? baseImage, httpProxy, httpsProxy, noProxy };
}

function planModelRoute(model: PlannedModel, limits: WorkspaceSpec["modelLimits"] = {}): ModelRoute {
  const { requestsPerMinute = defaultLimits.requestsPerMinute } = limits;
  const { concurrentRequests = defaultLimits.concurrentRequests } = limits;
  const { key, keyHeader, organization } =
    model.kind === "provider"
      ? model
      : ({ key: undefined, keyHeader: "Authorization", organization: undefined } as const);
  return { baseUrl: model.baseUrl, key, keyHeader, organization, limits: { requestsPerMinute, concurrentRequests } };
}

function requireFreePorts(ports: readonly number[], api: PlannedApi): void {
  const index = ports.findIndex((port, at) => port === api.port || ports.indexOf(port) !== at);
  if (index === -1) return;
  const port = String(ports[index]);
  const message = ports[index] === api.port ? `${port} is api.port` : `${port} is there already`;
  throw new WorkspaceError(`port ${port} would be published twice`, {
    code: "SPEC_INVALID",
    remedy: "Choose ports of their own for `network.ports` and `api.port`.",
    problems: [{ path: `network.ports[${index}]`, message }],
  });
}
