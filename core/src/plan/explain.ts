import { equalPaths, isAtOrBelow, type KeyPath, renderKeyPath } from "../config/key-path.ts";
import { mergeLayers, type Origin } from "../config/layers.ts";
import { showValue } from "../config/shown-value.ts";
import type { TomlTable, TomlValue } from "../config/toml-table.ts";
import { equalValues } from "../config/toml-value.ts";
import { ownValue } from "../own-value.ts";
import { trustPath } from "./platform-layer.ts";
import type { PlannedConfig, PlannedProfile, PlannedThread, WorkspacePlan } from "./workspace-plan.ts";

/** A key of config.toml and who decided it. Values are TOML text, or their kind where they may be secret. */
export interface ExplainedKey {
  /** As a TOML key: `projects."/work".trust_level`. */
  readonly key: string;
  readonly value: string;
  readonly layer: string;
  /** What earlier layers said, earliest first. */
  readonly overrode: readonly { readonly layer: string; readonly value: string }[];
}

/**
 * What becomes of a key in a repository's own `.codex/config.toml`: `applies` (over ours, where we have it), `same` (as
 * ours), `yields` (ours is passed on start, where it wins), `ignored` (Codex takes it from no repository, or takes
 * nothing from one that is not trusted), `refused` (the session does not start with it).
 */
export type RepositoryEffect = "applies" | "same" | "yields" | "ignored" | "refused";

export interface RepositoryKey {
  readonly key: string;
  readonly value: string;
  readonly effect: RepositoryEffect;
  /** What we say of that key. */
  readonly ours?: string;
}

/** Every key of a merged config.toml, in its order. */
export function explainConfig({ layers }: Pick<PlannedConfig, "layers">): ExplainedKey[] {
  return originsOf(layers).map(({ path, layer, value, overridden }) => ({
    key: renderKeyPath(path),
    value: showValue(path, value),
    layer,
    overrode: overridden.map((earlier) => ({ layer: earlier.layer, value: showValue(path, earlier.value) })),
  }));
}

/** The settings of the session: config.toml, and above it its profile. */
export function sessionConfig({ config, session, profiles }: WorkspacePlan): PlannedConfig | PlannedProfile {
  return session.profile === undefined ? config : (ownValue(profiles, session.profile) ?? config);
}

/**
 * What a repository's `.codex/config.toml` would change. Codex puts it over CODEX_HOME's config.toml and below
 * its command line and what a session is started with (observed on 0.169).
 */
export function explainRepository(plan: WorkspacePlan, table: TomlTable): RepositoryKey[] {
  const ours = originsOf(sessionConfig(plan).layers);
  const passed = [
    ...passedWithThread(plan.session),
    ...Object.keys(plan.config.overrides).map((key) => key.split(".")),
  ];
  const isTrusted = ours.some(({ path, value }) => equalPaths(path, trustPath(plan.workdir)) && value === "trusted");
  return originsOf([{ name: "repository", table }]).map(({ path, value }) => {
    const own = ours.find((origin) => equalPaths(origin.path, path));
    return {
      key: renderKeyPath(path),
      value: showValue(path, value),
      effect: isTrusted ? effectOf(path, value, own, passed) : "ignored",
      ...(own !== undefined && { ours: showValue(path, own.value) }),
    };
  });
}

/** Codex 0.169 says so of each: "Ignored unsupported project-local config keys". */
const ignoredByCodex: readonly string[] = [
  "chatgpt_base_url",
  "experimental_realtime_ws_base_url",
  "model_provider",
  "model_providers",
  "notify",
  "openai_base_url",
  "otel",
  "profiles",
];

function effectOf(
  path: KeyPath,
  value: TomlValue,
  own: Origin | undefined,
  passed: readonly KeyPath[],
): RepositoryEffect {
  if (ignoredByCodex.includes(path[0] ?? "")) return "ignored";
  if (["default_permissions", "permissions"].includes(path[0] ?? "")) return "refused";
  if (own !== undefined && equalValues(own.value, value)) return "same";
  return passed.some((prefix) => isAtOrBelow(path, prefix)) ? "yields" : "applies";
}

/** Every key of `sandbox_workspace_write` that we know is passed; one that a later Codex adds is not. */
function passedWithThread({ workspaceWrite, model, config }: PlannedThread): KeyPath[] {
  return [
    ["sandbox_mode"],
    ["approval_policy"],
    ...Object.keys(workspaceWrite).map((key) => ["sandbox_workspace_write", key]),
    ...(model === undefined ? [] : [["model"]]),
    ...originsOf([{ name: "profile", table: config }]).map(({ path }) => path),
  ];
}

function originsOf(layers: PlannedConfig["layers"]): Origin[] {
  return [...mergeLayers(layers).origins.values()];
}
