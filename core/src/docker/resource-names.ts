import { labelNames } from "../contract.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";
import type { GatewayRole } from "./requests.ts";

/** Names and labels of what a workspace has of an engine. The names are contract: another one is another volume. */
export interface ResourceNames {
  readonly prefix: string;
  readonly network: string;
  readonly home: string;
  readonly config: string;
  readonly gatewayConfig: (role: GatewayRole) => string;
  readonly sockets: string;
  readonly project: string;
  readonly labels: (role: string) => Readonly<Record<string, string>>;
}

export function resourceNames({ name, project, labels }: WorkspacePlan): ResourceNames {
  const prefix = `codex-workspace-${name}`;
  return {
    prefix,
    network: prefix,
    home: `${prefix}-home`,
    config: `${prefix}-config`,
    gatewayConfig: (role) => `${prefix}-${role}-config`,
    sockets: `${prefix}-gateway-sockets`,
    project: project.kind === "volume" && project.name !== undefined ? project.name : `${prefix}-project`,
    labels: (role) => ({ ...labels, [labelNames.workspace]: name, [labelNames.role]: role }),
  };
}
