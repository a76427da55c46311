import { isLoopback } from "../network/loopback.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import { gatewayPaths } from "./contract.ts";
import { upstreamProxyFile } from "./credential.ts";

/** A way through the proxy that leads outside, which knows nothing of what goes through it. */
export interface Tunnel {
  /** A unix socket of the model gateway's own. */
  readonly socket: string;
  /** What is behind it, as socat has it; the credentials are in a file, since everybody may read a command line. */
  readonly address: string;
}

/** A name without a dot is beside the gateway, as the demo model is, and no proxy is asked for it. */
export function tunnelTo(url: URL, { host, port, credentials }: UpstreamProxy, index: number): Tunnel | undefined {
  if (isLoopback(url.hostname) || !/[.:]/.test(url.hostname)) return undefined;
  const proxy = host.includes(":") ? `[${host}]` : host;
  const options = [
    `proxyport=${port}`,
    ...(credentials ? [`proxyauthfile=${gatewayPaths.config}/${upstreamProxyFile}`] : []),
  ];
  return {
    socket: `/tmp/upstream-${index + 1}.sock`,
    address: [`PROXY:${proxy}:${url.hostname}:${portOf(url)}`, ...options].join(","),
  };
}

export function portOf({ protocol, port }: URL): string {
  return port === "" ? (protocol === "https:" ? "443" : "80") : port;
}
