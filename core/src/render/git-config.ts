import { gatewayRoutes, relayPorts } from "../gateway/contract.ts";
import type { GitHubRoute } from "../gateway/gateway-plan.ts";

/** Leads git to the gateway for whatever address it is given of a repository there; the image includes it for everybody. */
export function renderGitConfig({ gitUrl }: GitHubRoute): string {
  const { host, hostname } = new URL(gitUrl);
  const addresses = [`https://${host}/`, `git@${hostname}:`, `ssh://git@${hostname}/`];
  return [
    `[url "http://127.0.0.1:${relayPorts.modelGateway}${gatewayRoutes.githubGit}/"]`,
    ...addresses.map((address) => `\tinsteadOf = ${address}`),
    "",
  ].join("\n");
}
