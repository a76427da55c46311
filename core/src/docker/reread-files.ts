import { configFiles, containerPaths } from "../contract.ts";
import { gatewayPaths } from "../gateway/contract.ts";
import { credentialsFile, modelKeyFile, upstreamProxyFile } from "../gateway/credential.ts";
import type { FileRequest, GatewayRole } from "./requests.ts";

/** Where the carrier has the files of a gateway. */
export function carriedPath(role: GatewayRole): string {
  return `${gatewayPaths.config}/${role}`;
}

const gatewayRoles: readonly GatewayRole[] = ["model-gateway", "egress-proxy"];

/** Whether a running container reads it again when the carrier has another: tokens the wrapper, credentials the gateways. */
export function isReread({ path }: FileRequest): boolean {
  return (
    path === `${containerPaths.config}/${configFiles.tokens}` ||
    [credentialsFile, modelKeyFile].some((file) => path === `${carriedPath("model-gateway")}/${file}`) ||
    gatewayRoles.some((role) => path === `${carriedPath(role)}/${upstreamProxyFile}`)
  );
}
