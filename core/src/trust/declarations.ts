import { CODEX_PIN } from "../codex-release.ts";
import { containerPaths, defaultApiPort } from "../contract.ts";
import { parseToml } from "../config/toml-table.ts";
import { renderKeyPath } from "../config/key-path.ts";
import { defaultModelProvider } from "../plan/plan-workspace.ts";
import { Secret, type SecretReference } from "../secret.ts";
import type { McpServerSpec, SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { shown } from "./shown.ts";
import { visibleText } from "./visible-text.ts";

/** What the words of an ask depend on in addition to the spec. */
export interface AskContext {
  /** DIR, without symbolic links. */
  readonly directory: string;
  /** Returns where a path of this machine leads, without symbolic links. */
  readonly realPath: (path: string) => string;
}

/** Undefined or an empty list: this value is within the defaults. */
type Words = string | readonly string[] | undefined;

/**
 * `safe`: any value may come from an untrusted spec. `asks`: any value asks, with words made of its path. A function: the
 * value decides.
 */
type Declaration<T> = "safe" | "asks" | ((value: T, context: AskContext & { readonly spec: WorkspaceSpec }) => Words);

/** Objects with known keys. Only what is below them is declared, so that a later input of theirs asks. */
type IsGroup<T> = [T] extends [object]
  ? [T] extends [readonly unknown[] | SecretInput]
    ? false
    : string extends keyof T
      ? false
      : true
  : false;

/** A declaration for every input of a spec: the compiler refuses a missing one, and at run time a missing one asks. */
export type Declarations<T> =
  IsGroup<T> extends true ? { readonly [Key in keyof T]-?: Declarations<NonNullable<T[Key]>> } : Declaration<T>;

const hostWithLocalEngine = "in the container, or with the local engine on this machine as you";

/** What an untrusted spec may set, and what it has to ask for. */
export const declarations: Declarations<WorkspaceSpec> = {
  workdir: (path) =>
    path === containerPaths.workdir || path.startsWith(`${containerPaths.workdir}/`)
      ? undefined
      : `mounts the project at ${shown(path)} in the container instead of ${containerPaths.workdir}`,
  project: {
    bind: (path, { directory, realPath, spec }) => {
      const real = realPath(path);
      if (real === directory) return undefined;
      const link = real === path ? "" : ` (${shown(path)} leads there)`;
      return `mounts ${shown(real)}${link} read-write at ${shown(spec.workdir ?? containerPaths.workdir)}`;
    },
    volume: (name) => `mounts the Docker volume ${shown(name)} read-write`,
  },
  image: {
    prebuilt: (reference) => `runs the workspace from the image ${shown(reference)}`,
    gatewayBaseImage: (reference) =>
      `builds the gateways, which hold the credentials, on the image ${shown(reference)}`,
    build: {
      baseImage: (reference) => `builds the workspace on the image ${shown(reference)}`,
      nodeImage: (reference) => `takes the Node that runs the wrapper from the image ${shown(reference)}`,
      aptPackages: each((name) => `installs the Debian package ${shown(name)} in the image`),
      setupScript: script("runs a script as root while the image is built"),
      extraCaCertificates: certificates("while the image is built"),
      keepExtraCaCertificates: whenTrue("keeps the build's certificate authorities trusted in the workspace"),
      httpProxy: (proxy) => `builds the image through the http proxy ${placeOf(proxy)}`,
      httpsProxy: (proxy) => `builds the image through the https proxy ${placeOf(proxy)}`,
      noProxy: each((host) => `builds the image without a proxy for ${shown(host)}`),
    },
  },
  resources: {
    memoryMiB: "safe",
    cpus: "safe",
    pids: above(4096, "processes at once"),
    shmMiB: above(64, "MiB of shared memory"),
    tmpMiB: (size) => `takes up to ${size} MiB of memory for /tmp`,
  },
  env: (variables) =>
    Object.entries(variables).map(([name, value]) =>
      typeof value === "string"
        ? `sets the environment variable ${shown(name)} of Codex and its commands to ${shown(value)}`
        : `gives ${placeOf(value)} to Codex and its MCP servers, as the environment variable ${shown(name)}`,
    ),
  caCertificates: certificates("in the workspace"),
  codexVersion: (version) =>
    version === CODEX_PIN ? undefined : `installs and runs Codex ${shown(version)} instead of ${CODEX_PIN}`,
  installCodex: (installs) =>
    installs ? undefined : "runs the Codex of the image, or with the local engine the one on PATH, as it is",
  sandboxMode: (mode) =>
    mode === "danger-full-access"
      ? `runs the agent's commands without Codex's sandbox: ${hostWithLocalEngine}`
      : undefined,
  permissions: (permissions) => {
    if (permissions === ":danger-full-access")
      return `runs the agent's commands without Codex's sandbox: ${hostWithLocalEngine}`;
    const { filesystem = {} } = typeof permissions === "string" ? {} : permissions;
    return Object.entries(filesystem)
      .filter(([path, access]) => path.startsWith("/") && access === "write")
      .map(([path]) => `lets the agent's commands write ${shown(path)} without asking: ${hostWithLocalEngine}`);
  },
  approvalPolicy: (policy) => {
    if (policy === "on-request" || policy === "untrusted") return undefined;
    if (policy === "never") return "runs the agent's commands without ever asking you";
    if (policy === "on-failure") return "asks you about a command only after it failed";
    const { sandboxApproval, rules, mcpElicitations } = policy.granular;
    const unasked = Object.entries({ sandboxApproval, rules, mcpElicitations }).filter(([, asks]) => !asks);
    return unasked.map(([kind]) => `decides about ${shown(kind)} without asking you`);
  },
  networkAccess: "safe",
  writableRoots: each(
    (path) => `lets the agent's commands write ${shown(path)} without asking: ${hostWithLocalEngine}`,
  ),
  fullAuto: "safe",
  trustProject: whenTrue(
    "lets the project's own .codex directory change settings and run MCP servers and hooks outside Codex's sandbox",
  ),
  model: "safe",
  reviewModel: "safe",
  modelReasoningEffort: "safe",
  serviceTier: "safe",
  personality: "safe",
  modelContextWindow: "safe",
  modelAutoCompactTokenLimit: "safe",
  modelAutoCompactTokenLimitScope: "safe",
  toolOutputTokenLimit: "safe",
  shellEnvironmentPolicy: {
    inherit: "safe",
    ignoreDefaultExcludes: whenTrue("shows variables with KEY, SECRET or TOKEN in their names to the agent's commands"),
    exclude: "safe",
    set: (variables) =>
      Object.entries(variables).map(
        ([name, value]) => `sets the environment variable ${shown(name)} of the agent's commands to ${shown(value)}`,
      ),
    includeOnly: "safe",
  },
  notify: (command) => `runs ${shown(command)} after each turn, outside Codex's sandbox: ${hostWithLocalEngine}`,
  agents: { maxThreads: "safe", maxDepth: "safe", jobMaxRuntimeSeconds: "safe" },
  features: (flags) =>
    Object.entries(flags).map(([name, isOn]) => `switches Codex's feature ${shown(name)} ${isOn ? "on" : "off"}`),
  modelProvider: {
    baseUrl: (url) =>
      url === defaultModelProvider.baseUrl
        ? undefined
        : `sends the conversation, the project's files among it, to ${shown(url)} instead of ${defaultModelProvider.baseUrl}`,
    apiKey: (key, { spec }) => {
      const baseUrl = spec.modelProvider?.baseUrl;
      const isDefault = !(key instanceof Secret) && "env" in key && key.env === defaultModelProvider.apiKey.env;
      if (isDefault && baseUrl === defaultModelProvider.baseUrl) return undefined;
      return `sends ${placeOf(key)} to ${shown(baseUrl)} as the model key`;
    },
    keyHeader: "safe",
    organization: (id) => `sends requests to the model for the organization ${shown(id)}`,
    queryParams: "safe",
  },
  modelLimits: {
    requestsPerMinute: above(600, "requests to the model a minute"),
    concurrentRequests: above(32, "requests to the model at once"),
    tokensPerDay: "safe",
  },
  mcpServers: (servers) => Object.entries(servers).map(([name, server]) => mcpServer(name, server)),
  enforce: { sandboxModes: "safe", approvalPolicies: "safe", approvalsReviewers: "safe" },
  baseConfigToml: (text) => {
    const settings = settingsOf(text);
    return [
      "replaces the default settings of the sandbox, approvals and network by settings of its own",
      ...settings.map((setting) => `sets ${setting} in Codex's config.toml`),
    ];
  },
  extraSettings: (settings) => settingsOf(settings).map((setting) => `sets ${setting} in Codex's config.toml`),
  profiles: (profiles) =>
    Object.entries(profiles).flatMap(([name, settings]) =>
      settingsOf(settings).map((setting) => `sets ${setting} in the profile ${shown(name)} of Codex`),
    ),
  profile: "safe",
  systemPrompt: "safe",
  projectSystemPrompt: { text: "safe", changeTrackedFile: "safe" },
  initialPrompt: (text) => (text === "" ? undefined : `sends Codex a first prompt at once: ${shown(text)}`),
  continue: "safe",
  approvals: { timeoutSeconds: "safe" },
  statePersistence: (persists) =>
    persists ? undefined : "keeps no conversation and no audit trail when the workspace ends",
  preInstallScript: script(`runs a script before Codex starts, outside Codex's sandbox: ${hostWithLocalEngine}`),
  postInstallScript: script(`runs a script before Codex starts, outside Codex's sandbox: ${hostWithLocalEngine}`),
  logLevel: "safe",
  api: {
    port: (port) => (port === 0 || port === defaultApiPort ? undefined : `listens on port ${port} of this machine`),
    hosts: (hosts) =>
      hosts
        .filter((host) => !["localhost", "127.0.0.1", "[::1]"].includes(host))
        .map((host) => `answers requests of the API for ${host === "*" ? "any host" : `the host ${shown(host)}`}`),
    origins: each(
      (origin) => `lets web pages of ${origin === "*" ? "any origin" : shown(origin)} send requests to the API`,
    ),
    token: (token) => `takes ${placeOf(token)} as the API token with every scope`,
    tokens: each(
      ({ name, token, scopes }) => `takes ${placeOf(token)} as the API token ${shown(name)} for ${scopes.join(", ")}`,
    ),
    auth: (auth) => (auth === "token" ? undefined : "lets every program of this machine use the API without a token"),
    limits: {
      changesPerMinute: "asks",
      streams: "asks",
      connections: "asks",
      requestTimeoutSeconds: "asks",
      promptMiB: "asks",
      sessions: "asks",
      pendingPrompts: "asks",
      allPendingPrompts: "asks",
      pendingPromptsMiB: "asks",
      allPendingPromptsMiB: "asks",
      uploadMiB: "asks",
      allUploadsMiB: "asks",
    },
  },
  network: {
    mode: (mode) => (mode === "open" ? "lets the workspace reach whatever this machine reaches" : undefined),
    allow: each((host) => `lets the workspace reach ${shown(host)}`),
    presets: (presets) => presets.filter((preset) => preset === "github").map(() => "lets the workspace reach GitHub"),
    upstreamProxy: (proxy) => `sends what the workspace sends through the proxy ${placeOf(proxy)}`,
    ports: each((port) => `publishes port ${port} of the workspace on this machine`),
  },
  labels: (labels) =>
    Object.entries(labels).map(([name, value]) => `labels the containers ${shown(name)}: ${shown(value)}`),
  grants: each((name) => `uses your grant ${shown(name)}: a key that you stored or have in your environment`),
  github: {
    allow: (rules) =>
      rules
        .filter((rule) => !rule.startsWith("read:"))
        .map((rule) => `may change GitHub's repositories: ${shown(rule)}`),
  },
  webhooks: each(({ url, secret }) => {
    const signed = secret === undefined ? "" : `, signed with ${placeOf(secret)}`;
    return `tells ${shown(url)} what happens${signed}`;
  }),
};

function each<T>(words: (item: T) => string): (items: readonly T[]) => readonly string[] {
  return (items) => items.map(words);
}

function whenTrue(words: string): (value: boolean) => Words {
  return (value) => (value ? words : undefined);
}

function above(limit: number, what: string): (value: number) => Words {
  return (value) => (value > limit ? `raises the limit of ${what} from ${limit} to ${value}` : undefined);
}

function script(words: string): (text: string) => Words {
  return (text) => (text.trim() === "" ? undefined : `${words}: ${shown(text)}`);
}

function certificates(where: string): (texts: readonly string[]) => Words {
  return ({ length }) =>
    length === 0
      ? undefined
      : `trusts ${length} more certificate ${length === 1 ? "authority" : "authorities"} ${where}`;
}

/** The place of a secret, or a value that is none: the value of a variable, the content of a file. */
function placeOf(input: string | SecretInput): string {
  if (typeof input === "string") return shown(input);
  if (input instanceof Secret) return "a secret";
  return placeOfReference(input);
}

function placeOfReference(reference: SecretReference): string {
  return "env" in reference
    ? `the value of your environment variable ${shown(reference.env)}`
    : `the content of the file ${shown(reference.file)}`;
}

/** Every property is in the words, so that none is overlooked; those of a later release too. */
function mcpServer(name: string, { command, args = [], url, ...others }: McpServerSpec): string {
  const what =
    command === undefined
      ? `lets Codex use the tools of ${shown(url)}`
      : `runs ${shown([command, ...args])} outside Codex's sandbox: ${hostWithLocalEngine}`;
  const rest = Object.entries(others).filter(([, value]) => value !== undefined);
  return `${what}, as the MCP server ${shown(name)}${rest.map(([key, value]) => `, ${key} = ${shown(value)}`).join("")}`;
}

/** Each setting as `key = value`; a text that is no TOML, as it is: planning refuses it. */
function settingsOf(settings: string | Readonly<Record<string, unknown>>): string[] {
  if (typeof settings !== "string") return leavesOf(settings, []);
  try {
    return leavesOf(parseToml(settings, { layer: "settings" }), []);
  } catch {
    return [shown(settings)];
  }
}

function leavesOf(table: object, path: readonly string[]): string[] {
  return Object.entries(table).flatMap(([key, value]: [string, unknown]) => {
    const below = [...path, key];
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (isTable && Object.keys(value).length > 0) return leavesOf(value, below);
    return [`${visibleText(renderKeyPath(below))} = ${shown(value)}`];
  });
}
