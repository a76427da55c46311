/**
 * What the image, the wrapper and every provisioner agree on: paths, ports, users, names. A change here is a change of
 * the image's contract.
 */

/** Where things are in a workspace container. */
export const containerPaths = {
  /** The `config` volume: read-only in the workspace, filled by the carrier container. */
  config: "/etc/codex-workspace",
  /** Where Codex reads what it must enforce: in the image a link into the `config` volume. */
  requirements: "/etc/codex/requirements.toml",
  /** The `home` volume: one directory for each user. */
  home: "/home",
  /** HOME of uid `codex`; CODEX_HOME is `.codex` below it. */
  codexHome: "/home/codex/.codex",
  /** CODEX_HOME of uid `terminal`: a minimal config.toml, none of the agent's. */
  terminalHome: "/home/terminal/.codex",
  /** The wrapper's own state (SQLite, last applied config.toml), readable by root alone. */
  state: "/home/wrapper",
  /** What clients upload: the wrapper writes it, everybody reads it. */
  uploads: "/home/uploads",
  /** The project directory, when the spec names no other. */
  workdir: "/workspace",
  /** The certificates of the system and of the spec in one file, made by the wrapper where the spec has some. */
  caBundle: "/run/codex-workspace-ca-certificates.pem",
  codexProgram: "/usr/local/bin/codex",
  nodeProgram: "/opt/codex-workspace/node/bin/node",
  /** Starts the wrapper, and all that the wrapper starts as another user, with an environment that steers nothing of root. */
  launchProgram: "/opt/codex-workspace/bin/launch",
} as const;

/**
 * Files below the configuration directory. They may change while the wrapper runs: whoever writes them writes the manifest
 * last, and the wrapper takes them when every one is what the manifest says.
 */
export const configFiles = {
  /** The hashes of all the others but `tokens`. */
  manifest: "manifest.json",
  wrapper: "workspace.json",
  /** Read again whenever it changes. */
  tokens: "tokens.json",
  configToml: "config.toml",
  profiles: "profiles",
  requirements: "requirements.toml",
  /** git's, for every user of the workspace. */
  gitConfig: "gitconfig",
  agentsMd: "AGENTS.md",
  projectAgentsMd: "project-AGENTS.md",
  preInstallScript: "pre-install",
  postInstallScript: "post-install",
  modelKey: "secrets/model-key",
  /** A JSON object: the variables of Codex whose values are secret. */
  secretEnvironment: "secrets/environment.json",
  caCertificates: "ca-certificates.pem",
} as const;

/** Where Codex reads a profile, in CODEX_HOME; also its name below the configuration directory's `profiles`. */
export function profileFile(profile: string): string {
  return `${profile}.config.toml`;
}

/** Where AgentAPI has always listened. */
export const defaultApiPort = 3284;

/** Port of the demo model inside its own container. */
export const demoModelPort = 8787;

/**
 * Users of the containers. `codex` is the owner of the project directory, if that is not root. The gateways' users exist in their
 * own image alone; in the workspace their numbers are reserved, because a directory of the shared sockets is theirs.
 */
export const containerUsers = { codex: 1000, terminal: 9001, modelGateway: 9002, egressProxy: 9003 } as const;

/** Variables with this prefix are between us and our own programs; the agent's commands never see them. */
export const environmentPrefix = "CODEX_WORKSPACE_";

export const environmentNames = {
  /** Directory of the configuration files, for the wrapper. @default `/etc/codex-workspace` */
  config: "CODEX_WORKSPACE_CONFIG",
  /** The model key, in the environment of the app-server alone. */
  modelKey: "CODEX_WORKSPACE_MODEL_KEY",
  /** The app-server's capability token, in the environment of the terminal alone. */
  remoteToken: "CODEX_WORKSPACE_REMOTE_TOKEN",
  /** Which run of the wrapper a process belongs to. Unlike the others, Codex hands it on to its commands. */
  run: "CODEX_WRAPPER_RUN",
  /** Before the name of a variable that a process of root passes on without being steered by it. */
  childPrefix: "CODEX_WORKSPACE_CHILD_",
} as const;

/**
 * Variables of app-server, which asks git about the project outside Codex's sandbox. In a partial clone git would fetch a
 * missing object by the program that the repository's configuration names. The agent's commands do not have them.
 */
export const appServerGitEnvironment = { GIT_NO_LAZY_FETCH: "1" } as const;

/** Variables of Codex that the wrapper sets by itself. */
export const ownedVariables: readonly string[] = ["CODEX_HOME", "HOME", "USER", "LOGNAME"];

/** Every container, volume and network of ours carries these. */
export const labelPrefix = "dev.codex-workspace";
export const labelNames = {
  workspace: `${labelPrefix}.workspace`,
  role: `${labelPrefix}.role`,
  configHash: `${labelPrefix}.config-hash`,
  version: `${labelPrefix}.version`,
  codexVersion: `${labelPrefix}.codex-version`,
  /** Of images alone: the hash of what they were built from. */
  contextHash: `${labelPrefix}.context-hash`,
} as const;

/** The id of our model provider in config.toml; `openai` is reserved by Codex. */
export const modelProviderId = "workspace";

/** Codex's feature flags that the platform sets, so that Codex contacts nobody on its own and a dead model is an error. */
export const ownedFeatures: readonly string[] = ["plugins", "unbounded_connection_retries", "daemon_auto_start"];
