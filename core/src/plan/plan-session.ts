import type { ConfigLayer } from "../config/layers.ts";
import type { KeyPath } from "../config/key-path.ts";
import { showValue } from "../config/shown-value.ts";
import { isTomlTable, type TomlTable, type TomlValue, valueOf } from "../config/toml-table.ts";
import { ownValue } from "../own-value.ts";
import type { SandboxMode, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { equivalentSandbox, plannedPermissions } from "./permission-profile.ts";
import { refusedSetting } from "./refused-setting.ts";
import type { PlannedConfig, PlannedProfile, PlannedSession, PlannedThread } from "./workspace-plan.ts";

const sandboxModes: readonly unknown[] = ["read-only", "workspace-write", "danger-full-access"] satisfies SandboxMode[];

/** Keys that a thread is started with by a name of their own. */
const namedKeys: readonly string[] = ["sandbox_mode", "approval_policy", "sandbox_workspace_write", "model"];

/** What a `baseConfigToml` leaves out is what Codex itself does in a trusted project (observed on 0.140 to 0.169). */
const codexDefaults = { sandbox_mode: "workspace-write", approval_policy: "on-request", sandbox_workspace_write: {} };

/**
 * `sandbox_workspace_write` as it is where nothing is set. A trusted repository's own config.toml fills in whatever key a
 * thread is not started with (observed on 0.169: `writable_roots`), so every key is passed.
 */
const unsetWorkspaceWrite = {
  writable_roots: [],
  network_access: false,
  exclude_tmpdir_env_var: false,
  exclude_slash_tmp: false,
};

/** The session's thread is that of its profile, where it uses one, or else that of config.toml. */
export function planSession(
  { profile, initialPrompt, continue: resumes = true }: WorkspaceSpec,
  config: PlannedConfig,
  profiles: Readonly<Record<string, PlannedProfile>>,
): PlannedSession {
  const ofConfig = planThread(config, {});
  const ofProfile = profile === undefined ? undefined : ownValue(profiles, profile)?.thread;
  return { ...(ofProfile ?? ofConfig), profile, initialPrompt, continue: resumes };
}

/** What a thread is started with explicitly, so that no other layer of Codex's can change it. */
export function planThread(
  { layers, table }: Pick<PlannedConfig, "layers" | "table">,
  profile: TomlTable,
): PlannedThread {
  const permissions = plannedPermissions(table);
  const { sandbox_mode: sandboxMode, approval_policy: approvalPolicy, ...rest } = { ...codexDefaults, ...table };
  const { model, sandbox_workspace_write: workspaceWrite } = rest as TomlTable;
  if (!sandboxModes.includes(sandboxMode)) {
    const modes = sandboxModes.map((mode) => JSON.stringify(mode)).join(", ");
    throw refusedSetting(layers, ["sandbox_mode"], `expected one of ${modes}, got ${showValue([], sandboxMode)}`);
  }
  if (!isTomlTable(workspaceWrite)) throw refusedSetting(layers, ["sandbox_workspace_write"], "expected a table");
  requireJson(layers, ["approval_policy"], approvalPolicy);
  requireJson(layers, ["sandbox_workspace_write"], workspaceWrite);
  requireJson(layers, [], profile);
  if (permissions !== undefined && valueOf(table, "sandbox_workspace_write") !== undefined) {
    const message = "has no effect with the input `permissions`; set `sandbox_mode` too, which replaces it";
    throw refusedSetting(layers, ["sandbox_workspace_write"], message);
  }
  return {
    sandboxMode: sandboxMode as SandboxMode,
    workspaceWrite: { ...unsetWorkspaceWrite, ...workspaceWrite },
    ...(permissions !== undefined && { permissions, ...equivalentSandbox(permissions) }),
    approvalPolicy,
    model: typeof model === "string" ? model : undefined,
    config: Object.fromEntries(Object.entries(profile).filter(([key]) => !namedKeys.includes(key))),
  };
}

/** All of it is sent to Codex with every thread, as JSON, which has fewer kinds of values than TOML. */
function requireJson(layers: readonly ConfigLayer[], path: KeyPath, value: TomlValue): void {
  const isJson = typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
  if (!isJson || value instanceof Date)
    throw refusedSetting(layers, path, "expected no date, no infinity, no integer beyond 2^53");
  if (typeof value !== "object") return;
  for (const [key, item] of Object.entries(value)) requireJson(layers, [...path, key], item);
}
