import { type ConfigLayer, normalizeNetworkAccess } from "../config/layers.ts";
import type { WorkspaceSpec } from "../spec/workspace-spec.ts";
import { requireEffectiveKeys } from "./ineffective-keys.ts";
import { inputSettings } from "./input-settings.ts";
import { requireMcpServerNames } from "./mcp-server-names.ts";
import { mcpServerSettings } from "./mcp-servers.ts";
import { mergeBelowPlatform, type PlatformContext } from "./platform-layer.ts";
import { readSettings } from "./read-settings.ts";
import { planRequirements } from "./requirements.ts";
import type { PlannedConfig } from "./workspace-plan.ts";

/** Merges config.toml from its layers, later wins: base, typed inputs, MCP servers, `extraSettings`, platform. */
export function planConfig(spec: WorkspaceSpec, context: PlatformContext): PlannedConfig {
  const given = [baseLayer(spec), inputSettings(spec), mcpServerSettings(spec), extraSettingsLayer(spec.extraSettings)];
  requireEffectiveKeys(given, { hasPermissions: spec.permissions !== undefined });
  requireMcpServerNames(given, context.codexVersion);
  const { merged, ...config } = mergeBelowPlatform(given, context);
  const { projectSystemPrompt: projectPrompt } = spec;
  return {
    ...config,
    table: merged.table,
    requirements: planRequirements(spec.enforce, merged),
    agentsMd: spec.systemPrompt,
    projectAgentsMd: projectPrompt && { ...projectPrompt, changeTrackedFile: projectPrompt.changeTrackedFile ?? false },
  };
}

/** Our defaults, or what the spec has in their place. */
function baseLayer({ baseConfigToml, permissions }: WorkspaceSpec): ConfigLayer {
  const name = "baseConfigToml";
  if (baseConfigToml !== undefined) return { name, table: readSettings(name, baseConfigToml) };
  return {
    name: "defaults",
    table: {
      ...(permissions === undefined && {
        sandbox_mode: "workspace-write",
        sandbox_workspace_write: { network_access: true },
      }),
      approval_policy: "on-request",
    },
  };
}

function extraSettingsLayer(extraSettings: WorkspaceSpec["extraSettings"]): ConfigLayer {
  const name = "extraSettings";
  return normalizeNetworkAccess({ name, table: readSettings(name, extraSettings ?? {}) });
}
