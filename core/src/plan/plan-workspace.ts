import { CODEX_PIN } from "../codex-release.ts";
import { type ConfigLayer, mergeLayers, normalizeExtraSettings } from "../config/layers.ts";
import { isTomlTable, parseToml, toTomlTable, type TomlTable } from "../config/toml-table.ts";
import { containerPaths, defaultApiPort, environmentNames, environmentPrefix, modelProviderId } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import { Secret, type SecretReference } from "../secret.ts";
import type { SandboxMode, SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import type {
  PlannedConfig,
  PlannedImage,
  PlannedModel,
  PlannedProject,
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
  const resolve = (input: SecretInput): Secret => (input instanceof Secret ? input : options.resolveSecret(input));
  const model = planModel(spec, options.demoModelUrl, resolve);
  const config = planConfig(spec, { workdir, codexVersion, model });
  const session = planSession(config.table, spec.initialPrompt);
  return {
    name: options.name,
    codexVersion,
    image: planImage(spec),
    workdir,
    project: planProject(spec),
    config,
    session,
    api: {
      port: api.port ?? defaultApiPort,
      hosts: api.hosts ?? ["localhost", "127.0.0.1", "[::1]"],
      origins: api.origins ?? [],
      token: api.token === undefined ? options.generatedToken : resolve(api.token),
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
    warnings: planWarnings(session, codexVersion),
  };
}

function requireName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(name)) return;
  throw new WorkspaceError(`\`${name}\` cannot be the name of a workspace`, {
    code: "SPEC_INVALID",
    remedy: "Use up to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit.",
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
  context: { workdir: string; codexVersion: string; model: PlannedModel },
): PlannedConfig {
  const given = [defaultsLayer(), inputsLayer(spec), extraSettingsLayer(spec.extraSettings)];
  const overrides = platformOverrides(context.codexVersion, mergeLayers(given).table);
  const platform = platformLayer(context, overrides);
  const layers = [...given, platform];
  const { table, origins } = mergeLayers(layers);
  const platformKeys = [...origins.values()].filter(({ layer }) => layer === platform.name).map(({ path }) => path);
  return { layers, table, agentsMd: spec.systemPrompt, platformKeys, overrides };
}

function defaultsLayer(): ConfigLayer {
  return {
    name: "defaults",
    table: {
      sandbox_mode: "workspace-write",
      approval_policy: "on-request",
      sandbox_workspace_write: { network_access: true },
    },
  };
}

function inputsLayer({ sandboxMode, approvalPolicy, networkAccess, model }: WorkspaceSpec): ConfigLayer {
  return {
    name: "inputs",
    table: {
      ...(sandboxMode !== undefined && { sandbox_mode: sandboxMode }),
      ...(approvalPolicy !== undefined && { approval_policy: approvalPolicy }),
      ...(model !== undefined && { model }),
      ...(networkAccess !== undefined && { sandbox_workspace_write: { network_access: networkAccess } }),
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
function platformOverrides(codexVersion: string, given: TomlTable): PlannedConfig["overrides"] {
  return {
    check_for_update_on_startup: false,
    model_provider: modelProviderId,
    "features.plugins": false,
    "features.unbounded_connection_retries": false,
    // Unknown to older ones, which refuse it under --strict-config.
    ...(isAtLeast(codexVersion, [0, 162]) && { "features.daemon_auto_start": false }),
    // Codex hands its whole environment to the agent's commands (observed on 0.169), and the model key is in it.
    "shell_environment_policy.exclude": [...excludedVariables(given), `${environmentPrefix}*`],
  };
}

function excludedVariables({ shell_environment_policy: policy }: TomlTable): string[] {
  const exclude = isTomlTable(policy) ? policy["exclude"] : undefined;
  return Array.isArray(exclude) ? exclude.filter((pattern) => typeof pattern === "string") : [];
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [givenMajor = 0, givenMinor = 0] = version.split(".").map(Number);
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
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

function planSession(table: TomlTable, initialPrompt: string | undefined): PlannedSession {
  const sandboxModes: readonly unknown[] = [
    "read-only",
    "workspace-write",
    "danger-full-access",
  ] satisfies SandboxMode[];
  const { sandbox_mode: sandboxMode, approval_policy: approvalPolicy, sandbox_workspace_write: workspaceWrite } = table;
  if (!sandboxModes.includes(sandboxMode)) {
    throw new WorkspaceError(`sandbox_mode is ${JSON.stringify(sandboxMode)} in extraSettings`, {
      code: "SPEC_INVALID",
      remedy: `Write one of ${sandboxModes.map((mode) => JSON.stringify(mode)).join(", ")}.`,
    });
  }
  return {
    sandboxMode: sandboxMode as SandboxMode,
    approvalPolicy,
    workspaceWrite: workspaceWrite as TomlTable,
    initialPrompt,
  };
}

function planWarnings(session: PlannedSession, codexVersion: string): string[] {
  const warnings: string[] = [];
  if (session.sandboxMode === "danger-full-access") {
    warnings.push("sandbox_mode is danger-full-access: the agent's commands run without Codex's sandbox.");
  }
  if (codexVersion !== CODEX_PIN) {
    warnings.push(`Codex ${codexVersion} is not the pin of this release (${CODEX_PIN}).`);
  }
  return warnings;
}
