import { isTomlTable, type TomlTable, type TomlValue } from "../config/toml-table.ts";
import type { EgressPlan } from "../network/egress-plan.ts";
import { matchesHost } from "../network/host-pattern.ts";
import { isLoopback } from "../network/loopback.ts";
import type { PlannedNetwork } from "./workspace-plan.ts";

/** What of the network is allowed, and not what somebody may expect. */
export function networkWarnings(network: PlannedNetwork | undefined, config: TomlTable): string[] {
  if (network === undefined) return [];
  const { mode, gateway, egress, ports } = network;
  const warnings: string[] = [];
  if (mode === "open") warnings.push("network.mode is open: the workspace reaches whatever this machine reaches.");
  if (ports.length > 0) {
    const published = `127.0.0.1:${ports.join(", 127.0.0.1:")}`;
    warnings.push(`network.ports publishes ${published} without a token: every program of this machine reaches it.`);
  }
  if (gateway.model !== undefined && isLoopback(new URL(gateway.model.baseUrl).hostname)) {
    warnings.push(
      `modelProvider.baseUrl is ${gateway.model.baseUrl}: to the gateway that asks it, that is the gateway itself.`,
    );
  }
  return egress === undefined ? warnings : [...warnings, ...unreachedServers(config["mcp_servers"], egress)];
}

function unreachedServers(servers: TomlValue | undefined, egress: EgressPlan): string[] {
  if (!isTomlTable(servers)) return [];
  return Object.entries(servers).flatMap(([name, server]) => {
    if (!isTomlTable(server) || server["enabled"] === false || typeof server["url"] !== "string") return [];
    if (!URL.canParse(server["url"])) return [];
    const { hostname, port, protocol } = new URL(server["url"]);
    const host = hostname.replace(/^\[|\]$/g, "");
    const asked = port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
    const isReached = isLoopback(hostname) || egress.rules.some(({ pattern }) => matchesHost(pattern, host, asked));
    return isReached ? [] : [`The MCP server ${name} is at ${host}:${asked}, which \`network\` does not allow.`];
  });
}
