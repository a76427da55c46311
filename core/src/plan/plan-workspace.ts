import { CODEX_PIN, codexReleases, isAtLeast } from "../codex-release.ts";
import { type ConfigLayer, mergeLayers, normalizeExtraSettings } from "../config/layers.ts";
import type { KeyPath } from "../config/key-path.ts";
import { showValue } from "../config/shown-value.ts";
import { isTomlTable, parseToml, toTomlTable, type TomlTable, type TomlValue, valueOf } from "../config/toml-table.ts";
import { containerPaths, defaultApiPort, environmentNames, environmentPrefix, modelProviderId } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import { Secret, type SecretReference } from "../secret.ts";
import type { SandboxMode, SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { mcpServerSettings } from "./mcp-servers.ts";
import { refusedSetting } from "./refused-setting.ts";
import { inputSettings } from "./input-settings.ts";
import { checkAgainstVersion } from "./version-rules.ts";
import { planRequirements } from "./requirements.ts";
import type {
  PlannedConfig,
  PlannedEnvironment,
  PlannedImage,
  PlannedModel,
  PlannedProject,
  PlannedResources,
  PlannedSession,
  WorkspacePlan,
} from "./workspace-plan.ts";

export interface PlanOptions {
  /** Of the workspace: names every container, volume and network. */
  readonly name: string;
  /** The value behind a reference. Throws `SECRET_UNRESOLVED`. */
  readonly resolveSecret: (reference: SecretReference) => Secret;
  /** The API token when the spec names none. */
  readonly generatedToken: Secret;
  /** Answer from the scripted demo model at this base URL instead of `modelProvider`. */
  readonly demoModelUrl?: string | undefined;
}

/** The Responses API of OpenAI, used when the spec names no other. */
export const defaultModelProvider = {
  baseUrl: "https://api.openai.com/v1",
  apiKey: { env: "OPENAI_API_KEY" },
} as const;

/**
 * Decides a workspace: applies every default, merges config.toml, resolves secrets. Same inputs, same plan.
 *
 * @throws WorkspaceError `SPEC_INVALID`, `TOML_INVALID`, `TOML_CONFLICT`, `SECRET_UNRESOLVED`
 */
export function planWorkspace(spec: WorkspaceSpec, options: PlanOptions): WorkspacePlan {
  requireName(options.name);
  const { api = {}, labels = {}, workdir = containerPaths.workdir, codexVersion = CODEX_PIN } = spec;
  const resolve = (input: SecretInput): Secret =>
    requireValue(input instanceof Secret ? input : options.resolveSecret(input));
  const model = planModel(spec, options.demoModelUrl, resolve);
  const environment = planEnvironment(spec, resolve);
  const config = planConfig(spec, { workdir, codexVersion, model, secrets: Object.keys(environment.secrets) });
  const doubts = checkAgainstVersion(codexVersion, config.table, config.layers);
  const session = planSession(config, spec.initialPrompt);
  return {
    name: options.name,
    codexVersion,
    image: planImage(spec),
    workdir,
    project: planProject(spec),
    resources: planResources(spec),
    environment,
    config,
    session,
    api: {
      port: api.port ?? defaultApiPort,
      hosts: api.hosts ?? ["localhost", "127.0.0.1", "[::1]"],
      origins: api.origins ?? [],
      token: requireSendable(api.token === undefined ? options.generatedToken : resolve(api.token)),
    },
    model,
    services:
      model.kind === "demo"
        ? [
            { name: "demo-model", program: "scripted-model" },
            { name: "workspace", program: "agent-wrapper" },
          ]
        : [{ name: "workspace", program: "agent-wrapper" }],
    links: model.kind === "demo" ? [{ from: "workspace", to: "demo-model" }] : [],
    labels,
    warnings: [...planWarnings(session, codexVersion), ...doubts],
  };
}

function requireName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(name)) return;
  throw new WorkspaceError(`\`${name}\` cannot be the name of a workspace`, {
    code: "SPEC_INVALID",
    remedy: "Use up to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit.",
  });
}

/** An empty secret would be a key that nobody needs to know. */
function requireValue(secret: Secret): Secret {
  if (secret.reveal().trim() !== "") return secret;
  throw new WorkspaceError("a secret of the spec is empty", {
    code: "SECRET_UNRESOLVED",
    remedy: "Give the secret a value, or leave the input out.",
  });
}

function requireSendable(token: Secret): Secret {
  if (/^[\x21-\x7e]+$/.test(token.reveal())) return token;
  throw new WorkspaceError("the token of the API has characters that an Authorization header cannot carry", {
    code: "SPEC_INVALID",
    remedy: "Use printable ASCII characters without blanks, for example `openssl rand -hex 32`.",
    problems: [{ path: "api.token", message: "expected printable ASCII characters without blanks" }],
  });
}

function planImage({ image }: WorkspaceSpec): PlannedImage {
  if (image?.prebuilt !== undefined) return { kind: "prebuilt", reference: image.prebuilt };
  const build = image?.build ?? {};
  return {
    kind: "build",
    baseImage: build.baseImage ?? "debian:bookworm-slim",
    nodeImage: build.nodeImage ?? "node:24-bookworm-slim",
    aptPackages: build.aptPackages ?? [],
    setupScript: build.setupScript,
    extraCaCertificates: build.extraCaCertificates ?? [],
    keepExtraCaCertificates: build.keepExtraCaCertificates ?? false,
  };
}

function planProject({ project }: WorkspaceSpec): PlannedProject {
  return project?.bind === undefined ? { kind: "volume", name: project?.volume } : { kind: "bind", path: project.bind };
}

function planResources({ resources = {} }: WorkspaceSpec): PlannedResources {
  const { memoryMiB, cpus, pids = 4096, shmMiB, tmpMiB } = resources;
  return { memoryMiB, cpus, pids, shmMiB, tmpMiB };
}

function planEnvironment(
  { env = {}, caCertificates = [] }: WorkspaceSpec,
  resolve: (input: SecretInput) => Secret,
): PlannedEnvironment {
  const variables: Record<string, string> = {};
  const secrets: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === "string") variables[name] = value;
    else secrets[name] = resolve(value);
  }
  return { variables, secrets, caCertificates };
}

function planModel(
  { modelProvider = defaultModelProvider }: WorkspaceSpec,
  demoModelUrl: string | undefined,
  resolve: (input: SecretInput) => Secret,
): PlannedModel {
  if (demoModelUrl !== undefined) return { kind: "demo", baseUrl: demoModelUrl };
  const { baseUrl, apiKey } = modelProvider;
  return { kind: "provider", baseUrl, key: apiKey === undefined ? undefined : resolve(apiKey) };
}

function planConfig(
  spec: WorkspaceSpec,
  context: { workdir: string; codexVersion: string; model: PlannedModel; secrets: readonly string[] },
): PlannedConfig {
  const given = [baseLayer(spec), inputSettings(spec), mcpServerSettings(spec), extraSettingsLayer(spec.extraSettings)];
  const overrides = platformOverrides(context.codexVersion, [...excludedVariables(given), ...context.secrets]);
  const platform = platformLayer(context, overrides);
  const layers = [...given, platform];
  const merged = mergeLayers(layers);
  const { table, origins } = merged;
  const platformKeys = [...origins.values()].filter(({ layer }) => layer === platform.name).map(({ path }) => path);
  const requirements = planRequirements(spec.enforce, merged);
  const { projectSystemPrompt: projectPrompt } = spec;
  return {
    layers,
    table,
    requirements,
    agentsMd: spec.systemPrompt,
    projectAgentsMd: projectPrompt && { ...projectPrompt, changeTrackedFile: projectPrompt.changeTrackedFile ?? false },
    platformKeys,
    overrides,
  };
}

/** Our defaults, or what the spec has in their place. */
function baseLayer({ baseConfigToml }: WorkspaceSpec): ConfigLayer {
  const name = "baseConfigToml";
  if (baseConfigToml !== undefined) return { name, table: parseToml(baseConfigToml, { layer: name }) };
  return {
    name: "defaults",
    table: {
      sandbox_mode: "workspace-write",
      approval_policy: "on-request",
      sandbox_workspace_write: { network_access: true },
    },
  };
}

function extraSettingsLayer(extraSettings: WorkspaceSpec["extraSettings"]): ConfigLayer {
  const name = "extraSettings";
  const table =
    typeof extraSettings === "string"
      ? parseToml(extraSettings, { layer: name })
      : toTomlTable(extraSettings ?? {}, { layer: name });
  return { name, table: normalizeExtraSettings(table) };
}

/** Keys that must be as they are for a workspace to work, or for Codex to contact nobody on its own. */
function platformLayer(
  { workdir, model }: { workdir: string; model: PlannedModel },
  overrides: PlannedConfig["overrides"],
): ConfigLayer {
  const provider: TomlTable = {
    name: model.kind === "demo" ? "Scripted demo model" : "Workspace model provider",
    base_url: model.baseUrl,
    wire_api: "responses",
    requires_openai_auth: false,
    supports_websockets: false,
    ...(model.kind === "provider" && model.key !== undefined && { env_key: environmentNames.modelKey }),
  };
  return {
    name: "platform",
    table: {
      ...nest(overrides),
      model_providers: { [modelProviderId]: provider },
      projects: { [workdir]: { trust_level: "trusted" } },
    },
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
    // Codex hands its whole environment to the agent's commands (observed on 0.169), and the model key is in it.
    "shell_environment_policy.exclude": [...excluded, `${environmentPrefix}*`],
  };
}

/** What the user keeps from the agent's commands: taking our pattern in must not lose one of theirs. */
function excludedVariables(given: readonly ConfigLayer[]): string[] {
  const { shell_environment_policy: policy } = mergeLayers(given).table;
  const exclude = isTomlTable(policy) ? (valueOf(policy, "exclude") ?? []) : [];
  if (Array.isArray(exclude) && exclude.every((pattern) => typeof pattern === "string")) return exclude;
  throw refusedSetting(given, ["shell_environment_policy", "exclude"], 'expected a list of patterns such as ["AWS_*"]');
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

const sandboxModes: readonly unknown[] = ["read-only", "workspace-write", "danger-full-access"] satisfies SandboxMode[];

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

function planSession({ layers, table }: PlannedConfig, initialPrompt: string | undefined): PlannedSession {
  const { sandbox_mode: sandboxMode, approval_policy: approvalPolicy, ...rest } = { ...codexDefaults, ...table };
  const { model, sandbox_workspace_write: workspaceWrite } = rest as TomlTable;
  if (!sandboxModes.includes(sandboxMode)) {
    const modes = sandboxModes.map((mode) => JSON.stringify(mode)).join(", ");
    throw refusedSetting(layers, ["sandbox_mode"], `expected one of ${modes}, got ${showValue([], sandboxMode)}`);
  }
  if (!isTomlTable(workspaceWrite)) throw refusedSetting(layers, ["sandbox_workspace_write"], "expected a table");
  requireJson(layers, ["approval_policy"], approvalPolicy);
  requireJson(layers, ["sandbox_workspace_write"], workspaceWrite);
  return {
    sandboxMode: sandboxMode as SandboxMode,
    approvalPolicy,
    workspaceWrite: { ...unsetWorkspaceWrite, ...workspaceWrite },
    model: typeof model === "string" ? model : undefined,
    initialPrompt,
  };
}

/** Both are sent to Codex with every thread, as JSON, which has fewer kinds of values than TOML. */
function requireJson(layers: readonly ConfigLayer[], path: KeyPath, value: TomlValue): void {
  const isJson = typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
  if (!isJson || value instanceof Date)
    throw refusedSetting(layers, path, "expected no date, no infinity, no integer beyond 2^53");
  if (typeof value !== "object") return;
  for (const [key, item] of Object.entries(value)) requireJson(layers, [...path, key], item);
}

function planWarnings(session: PlannedSession, codexVersion: string): string[] {
  const warnings: string[] = [];
  if (session.sandboxMode === "danger-full-access") {
    warnings.push("sandbox_mode is danger-full-access: the agent's commands run without Codex's sandbox.");
  }
  if (codexVersion !== CODEX_PIN) {
    const tested = Object.keys(codexReleases).join(", ");
    const doubt = codexVersion in codexReleases ? "" : `, and this release is tested with ${tested} alone`;
    warnings.push(`Codex ${codexVersion} is not the pin of this release (${CODEX_PIN})${doubt}.`);
  }
  return warnings;
}
