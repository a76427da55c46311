import { CODEX_PIN, codexReleases } from "../codex-release.ts";
import { containerPaths } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import type { ResolvedGrant } from "../grant.ts";
import { caVariables, grantVariables, proxyVariables } from "../network/tool-variables.ts";
import { Secret, type SecretReference } from "../secret.ts";
import type { ModelProviderSpec, SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { networkWarnings } from "./network-warnings.ts";
import { planConfig } from "./plan-config.ts";
import { grantWarnings, planGrants } from "./plan-grants.ts";
import { planImage } from "./plan-image.ts";
import { planNetwork } from "./plan-network.ts";
import { planApi } from "./plan-api.ts";
import { requireOuterPaths } from "./permission-profile.ts";
import { planProfiles } from "./plan-profiles.ts";
import { planServices } from "./plan-services.ts";
import { planSession } from "./plan-session.ts";
import { withUnixLines } from "./unix-lines.ts";
import { checkAgainstVersion } from "./version-rules.ts";
import type {
  PlannedEnvironment,
  PlannedModel,
  PlannedNetwork,
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
  /** With a secret for each of the spec's `grants`. @default [] */
  readonly grants?: readonly ResolvedGrant[] | undefined;
  /** Answer from the scripted demo model at this base URL instead of `modelProvider`. */
  readonly demoModelUrl?: string | undefined;
  /**
   * `true`: gateways carry what the workspace asks of the outside, and add the model key there, as with containers. `false`:
   * the workspace is on the network of whoever starts it, and Codex has the key. @default false
   */
  readonly gateways?: boolean | undefined;
}

/** The Responses API of OpenAI, used when the spec names no other. */
export const defaultModelProvider = {
  baseUrl: "https://api.openai.com/v1",
  apiKey: { env: "OPENAI_API_KEY" },
} as const;

/**
 * Decides a workspace: applies every default, merges config.toml, resolves secrets. Same inputs, same plan.
 *
 * @throws WorkspaceError `SPEC_INVALID`, `GRANT_NOT_FOUND`, `TOML_INVALID`, `TOML_CONFLICT`, `SECRET_UNRESOLVED`
 */
export function planWorkspace(spec: WorkspaceSpec, options: PlanOptions): WorkspacePlan {
  requireName(options.name);
  const { labels = {}, workdir = containerPaths.workdir } = spec;
  const { codexVersion = CODEX_PIN, installCodex = true } = spec;
  const resolve = (input: SecretInput): Secret =>
    requireValue(input instanceof Secret ? input : options.resolveSecret(input));
  const { baseUrl } = spec.modelProvider ?? defaultModelProvider;
  const { gateways = false, grants: resolved = [] } = options;
  const grants = planGrants(spec, { resolved, modelUrl: baseUrl, gateways });
  const model = planModel(spec, options.demoModelUrl, grants.modelKey, resolve);
  const { trustProject = false } = spec;
  const api = planApi(spec, options.generatedToken, resolve);
  const image = planImage(spec, resolve);
  const network = gateways ? planNetwork(spec, { model, api, image, grants, resolve }) : undefined;
  const environment = planEnvironment(spec, network, resolve);
  const context = {
    ...{ workdir, trustProject, codexVersion, model, throughGateway: network !== undefined },
    secrets: Object.keys(environment.secrets),
    tools: environment.tools,
  };
  if (spec.permissions !== undefined) requireOuterPaths(spec.permissions, workdir);
  const config = planConfig(spec, context);
  const profiles = planProfiles(spec, config, context);
  const doubts = [
    ...checkAgainstVersion(codexVersion, config.table, config.layers),
    ...Object.values(profiles).flatMap(({ settings, layers }) => checkAgainstVersion(codexVersion, settings, layers)),
  ];
  const session = planSession(spec, config, profiles);
  return {
    name: options.name,
    codexVersion,
    installCodex,
    image,
    workdir,
    project: planProject(spec),
    resources: planResources(spec),
    environment,
    config,
    session,
    profiles,
    startScripts: {
      preInstall: withUnixLines(spec.preInstallScript),
      postInstall: withUnixLines(spec.postInstallScript),
    },
    approvalTimeoutSeconds: spec.approvals?.timeoutSeconds,
    statePersistence: spec.statePersistence ?? true,
    logLevel: spec.logLevel ?? "info",
    api,
    model,
    tokensPerDay: spec.modelLimits?.tokensPerDay,
    network,
    ...planServices(model, network),
    labels,
    warnings: [
      ...planWarnings(session, codexVersion),
      ...networkWarnings(network, config.table),
      ...grantWarnings(grants),
      ...doubts,
    ],
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

function planProject({ project }: WorkspaceSpec): PlannedProject {
  return project?.bind === undefined ? { kind: "volume", name: project?.volume } : { kind: "bind", path: project.bind };
}

function planResources({ resources = {} }: WorkspaceSpec): PlannedResources {
  const { memoryMiB, cpus, pids = 4096, shmMiB, tmpMiB } = resources;
  return { memoryMiB, cpus, pids, shmMiB, tmpMiB };
}

function planEnvironment(
  { env = {}, caCertificates = [] }: WorkspaceSpec,
  network: PlannedNetwork | undefined,
  resolve: (input: SecretInput) => Secret,
): PlannedEnvironment {
  const variables: Record<string, string> = {};
  const secrets: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === "string") variables[name] = value;
    else secrets[name] = resolve(value);
  }
  const tools = {
    ...(network?.egress !== undefined && proxyVariables()),
    ...(network !== undefined && grantVariables(network.gateway)),
    ...(network !== undefined && caCertificates.length > 0 && caVariables(containerPaths.caBundle)),
  };
  return { tools, variables, secrets, caCertificates };
}

function planModel(
  { modelProvider = defaultModelProvider }: WorkspaceSpec,
  demoModelUrl: string | undefined,
  granted: Secret | undefined,
  resolve: (input: SecretInput) => Secret,
): PlannedModel {
  if (demoModelUrl !== undefined) return { kind: "demo", baseUrl: demoModelUrl };
  const { baseUrl, apiKey, keyHeader, organization, queryParams = {} }: ModelProviderSpec = modelProvider;
  const key = granted ?? (apiKey && resolve(apiKey));
  if (key === undefined && keyHeader !== undefined) {
    throw new WorkspaceError("modelProvider.keyHeader is there, and no key to send in it", {
      code: "SPEC_INVALID",
      remedy: "Write `modelProvider.apiKey` or the grant `openai` too, or leave the header out.",
      problems: [{ path: "modelProvider.keyHeader", message: "means nothing without a key" }],
    });
  }
  return { kind: "provider", baseUrl, key, keyHeader: keyHeader ?? "Authorization", organization, queryParams };
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
