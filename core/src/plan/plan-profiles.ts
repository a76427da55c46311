import { isAtOrBelow, type KeyPath, renderKeyPath } from "../config/key-path.ts";
import { type ConfigLayer, mergeLayers, normalizeNetworkAccess } from "../config/layers.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import type { ProfileSpec, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { requireEffectiveKeys } from "./ineffective-keys.ts";
import { requireMcpServerNames } from "./mcp-server-names.ts";
import { planThread } from "./plan-session.ts";
import { mergeBelowPlatform, type PlatformContext, policyPath, withPlatformsTables } from "./platform-layer.ts";
import { readSettings } from "./read-settings.ts";
import { planRequirements } from "./requirements.ts";
import type { PlannedConfig, PlannedProfile } from "./workspace-plan.ts";

/** Puts each profile above config.toml's layers and below the platform's. All are held to the same, used or not. */
export function planProfiles(
  { profiles = {}, enforce }: WorkspaceSpec,
  { layers, platformKeys }: PlannedConfig,
  context: PlatformContext,
): Readonly<Record<string, PlannedProfile>> {
  const planProfile = (own: ConfigLayer): PlannedProfile => {
    requireEffectiveKeys([own], { hasPermissions: false });
    requireMcpServerNames([own], context.codexVersion);
    requireNoPlatformKey(own, platformKeys);
    const below = mergeBelowPlatform([...layers.slice(0, -1), own], context);
    planRequirements(enforce, below.merged);
    const config = { layers: below.layers, table: below.merged.table };
    const settings = withPlatformsTables(own.table, below.layers);
    return { ...config, settings, thread: planThread(config, settings) };
  };
  return Object.fromEntries(
    Object.entries(profiles).map(([name, profile]) => [name, planProfile(profileLayer(name, profile))]),
  );
}

function profileLayer(profile: string, settings: ProfileSpec): ConfigLayer {
  const name = `profiles.${profile}`;
  return normalizeNetworkAccess({ name, table: readSettings(name, settings) });
}

/** In `extraSettings` such a key is without effect; a thread that was started with it would have it. */
function requireNoPlatformKey(layer: ConfigLayer, platformKeys: readonly KeyPath[]): void {
  const owned = platformKeys.filter((key) => !isAtOrBelow(key, policyPath));
  const problems = [...mergeLayers([layer]).origins.values()]
    .filter(({ path }) => owned.some((key) => isAtOrBelow(path, key)))
    .map(({ path }): Problem => ({ path: `${layer.name}.${renderKeyPath(path)}`, message: "is the workspace's own" }));
  if (problems.length === 0) return;
  throw new WorkspaceError(`${layer.name} has settings that the workspace sets itself`, {
    code: "SPEC_INVALID",
    remedy: "Leave them out: no profile changes them.",
    problems,
  });
}
