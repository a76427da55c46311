import { isAtLeast } from "../codex-release.ts";
import { type ConfigLayer, type MergedLayers, mergeLayers } from "../config/layers.ts";
import { type KeyPath, renderKeyPath } from "../config/key-path.ts";
import { isTomlTable, type TomlTable, valueOf } from "../config/toml-table.ts";
import { appServerGitEnvironment, environmentNames, environmentPrefix, modelProviderId } from "../contract.ts";
import { gatewayRoutes, relayPorts } from "../gateway/contract.ts";
import { refusedSetting } from "./refused-setting.ts";
import type { PlannedConfig, PlannedModel, PlannedModelProvider } from "./workspace-plan.ts";

export interface PlatformContext {
  readonly workdir: string;
  /** Whether Codex takes the project's own `.codex`. */
  readonly trustProject: boolean;
  readonly codexVersion: string;
  readonly model: PlannedModel;
  /** Whether Codex asks a gateway, which asks the model and has its key. */
  readonly throughGateway: boolean;
  /** Names of the environment's variables that the agent's commands must not see. */
  readonly secrets: readonly string[];
  /** Variables without which the agent's commands find no way out. */
  readonly tools: Readonly<Record<string, string>>;
}

type BelowPlatform = Pick<PlannedConfig, "layers" | "platformKeys" | "overrides"> & { readonly merged: MergedLayers };

/** The one table that is the platform's and the user's: which variables the agent's commands have. */
export const policyPath: KeyPath = ["shell_environment_policy"];

/** What each keeps from them. */
const excludePath: KeyPath = [...policyPath, "exclude"];

/** The key that says whether Codex takes a project's own `.codex`. */
export const trustPath = (workdir: string): KeyPath => ["projects", workdir, "trust_level"];

/** Puts the platform's own layer above the given ones, and merges them all. */
export function mergeBelowPlatform(given: readonly ConfigLayer[], context: PlatformContext): BelowPlatform {
  const overrides = platformOverrides(context.codexVersion, [...excludedVariables(given), ...context.secrets]);
  const platform = platformLayer(context, overrides, toolSettings(given, context.tools));
  const layers = [...given, platform];
  const merged = mergeLayers(layers);
  const ours = [...merged.origins.values()].filter(({ layer }) => layer === platform.name);
  return { layers, merged, platformKeys: ours.map(({ path }) => path), overrides };
}

/**
 * A table with what the platform has in its tables: of a table that a thread is started with, Codex puts every flag aside
 * (observed on 0.169: with a `shell_environment_policy`, the flag's `exclude` was gone).
 *
 * @param layers - the last one is the platform's
 */
export function withPlatformsTables(table: TomlTable, layers: readonly ConfigLayer[]): TomlTable {
  const platform = Object.entries(layers.at(-1)?.table ?? {});
  const beside = platform.filter(([key, value]) => isTomlTable(value) && valueOf(table, key) !== undefined);
  const both = [table, Object.fromEntries(beside)];
  return mergeLayers(both.map((layer, index) => ({ name: String(index), table: layer }))).table;
}

/** Keys that must be as they are for a workspace to work, or for Codex to contact nobody on its own. */
function platformLayer(
  { workdir, trustProject, model, throughGateway }: PlatformContext,
  overrides: PlannedConfig["overrides"],
  policy: TomlTable,
): ConfigLayer {
  const flags = nest(overrides);
  const provider: TomlTable = {
    name: model.kind === "demo" ? "Scripted demo model" : "Workspace model provider",
    base_url: throughGateway ? `http://127.0.0.1:${relayPorts.modelGateway}${gatewayRoutes.model}` : model.baseUrl,
    wire_api: "responses",
    requires_openai_auth: false,
    supports_websockets: false,
    ...(model.kind === "provider" &&
      Object.keys(model.queryParams).length > 0 && { query_params: { ...model.queryParams } }),
    ...(!throughGateway && model.kind === "provider" && ownCredentials(model)),
  };
  return {
    name: "platform",
    table: {
      ...flags,
      shell_environment_policy: { ...(flags["shell_environment_policy"] as TomlTable), ...policy },
      model_providers: { [modelProviderId]: provider },
      // Nothing at all where it is not trusted: of an `untrusted` one, Codex from 0.150 on reads no AGENTS.md either.
      ...(trustProject && { projects: { [workdir]: { trust_level: "trusted" } } }),
    },
  };
}

/** What Codex itself has to send where no gateway adds it. */
function ownCredentials({ key, keyHeader, organization }: PlannedModelProvider): TomlTable {
  const ofKey =
    keyHeader === "Authorization"
      ? { env_key: environmentNames.modelKey }
      : { env_http_headers: { [keyHeader]: environmentNames.modelKey } };
  return {
    ...(key !== undefined && ofKey),
    ...(organization !== undefined && { http_headers: { "OpenAI-Organization": organization } }),
  };
}

/** The platform's keys that fit on a command line, so that a config.toml edited by hand cannot undo them. */
function platformOverrides(codexVersion: string, excluded: readonly string[]): PlannedConfig["overrides"] {
  return {
    check_for_update_on_startup: false,
    model_provider: modelProviderId,
    "features.plugins": false,
    // Both are unknown to older versions, which refuse them under --strict-config.
    ...(isAtLeast(codexVersion, [0, 155]) && { "features.unbounded_connection_retries": false }),
    ...(isAtLeast(codexVersion, [0, 162]) && { "features.daemon_auto_start": false }),
    // In 0.140 and 0.155 a snapshot of the shell brings back what `exclude` takes out (observed); 0.162.1 leaves it out.
    ...(!isAtLeast(codexVersion, [0, 162]) && { "features.shell_snapshot": false }),
    // Codex hands its whole environment to the agent's commands (observed on 0.169), and the model key is in it.
    [renderKeyPath(excludePath)]: [...excluded, `${environmentPrefix}*`, ...Object.keys(appServerGitEnvironment)],
  };
}

/** What brings the variables of tools back to the agent's commands, where a policy of the user's leaves them out. */
function toolSettings(given: readonly ConfigLayer[], tools: PlatformContext["tools"]): TomlTable {
  const { shell_environment_policy: policy } = mergeLayers(given).table;
  if (!isTomlTable(policy) || Object.keys(tools).length === 0) return {};
  const { inherit, set, include_only: names } = policy;
  const isLeftOut = inherit === "core" || inherit === "none";
  const unset = Object.entries(tools).filter(([name]) => !isTomlTable(set) || valueOf(set, name) === undefined);
  return {
    ...(isLeftOut && unset.length > 0 && { set: Object.fromEntries(unset) }),
    ...(Array.isArray(names) && names.length > 0 && { include_only: [...new Set([...names, ...Object.keys(tools)])] }),
  };
}

/** What the user keeps from the agent's commands: taking our pattern in must not lose one of theirs. */
function excludedVariables(given: readonly ConfigLayer[]): string[] {
  const { shell_environment_policy: policy } = mergeLayers(given).table;
  const exclude = isTomlTable(policy) ? (valueOf(policy, "exclude") ?? []) : [];
  if (Array.isArray(exclude) && exclude.every((pattern) => typeof pattern === "string")) return exclude;
  throw refusedSetting(given, excludePath, 'expected a list of patterns such as ["AWS_*"]');
}

function nest(dotted: PlannedConfig["overrides"]): TomlTable {
  const table: TomlTable = {};
  for (const [path, given] of Object.entries(dotted)) {
    const value = typeof given === "object" ? [...given] : given;
    const [first = path, second] = path.split(".");
    if (second === undefined) table[first] = value;
    else table[first] = { ...(table[first] as TomlTable | undefined), [second]: value };
  }
  return table;
}
