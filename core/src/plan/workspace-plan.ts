import type { ConfigLayer } from "../config/layers.ts";
import type { KeyPath } from "../config/key-path.ts";
import type { TomlTable } from "../config/toml-table.ts";
import type { GatewayPlan } from "../gateway/gateway-plan.ts";
import type { EgressPlan } from "../network/egress-plan.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import type { Secret } from "../secret.ts";
import type { SandboxMode } from "../spec/workspace-spec.ts";
import type { TokenScope } from "../token-file.ts";
import type { PlannedPermissions } from "./permission-profile.ts";
import type { ApiLimits } from "../wrapper-config.ts";

/**
 * What a workspace is, decided: every default applied, every conflict refused. Intent only: nothing here is Docker's,
 * Pulumi's or a process table's, so that each of them is a mapping of this.
 */
export interface WorkspacePlan {
  readonly name: string;
  readonly codexVersion: string;
  /** Whether we bring Codex, or find it where the workspace runs. */
  readonly installCodex: boolean;
  readonly image: PlannedImage;
  readonly workdir: string;
  readonly project: PlannedProject;
  readonly resources: PlannedResources;
  readonly environment: PlannedEnvironment;
  readonly config: PlannedConfig;
  readonly session: PlannedSession;
  /** By name, those that the session does not use too. */
  readonly profiles: Readonly<Record<string, PlannedProfile>>;
  readonly startScripts: PlannedStartScripts;
  /** When what nobody has answered is declined; never where it is undefined. */
  readonly approvalTimeoutSeconds: number | undefined;
  /** Whether CODEX_HOME and the wrapper's state outlive a run. */
  readonly statePersistence: boolean;
  readonly logLevel: "error" | "warn" | "info" | "debug";
  readonly api: PlannedApi;
  readonly model: PlannedModel;
  /** How many tokens may be used on a day of UTC; undefined: as many as they like. */
  readonly tokensPerDay: number | undefined;
  /** What stands between the workspace and the network; undefined: nothing. */
  readonly network: PlannedNetwork | undefined;
  /** The programs of the workspace, in start order; each is a container, or a process of the local engine. */
  readonly services: readonly PlannedService[];
  /** Which service reaches which. */
  readonly links: readonly PlannedLink[];
  readonly labels: Readonly<Record<string, string>>;
  /** What deserves attention but is allowed, each a sentence. */
  readonly warnings: readonly string[];
}

export type PlannedImage =
  | { readonly kind: "prebuilt"; readonly reference: string }
  | {
      readonly kind: "build";
      readonly baseImage: string;
      readonly nodeImage: string;
      readonly aptPackages: readonly string[];
      readonly setupScript: string | undefined;
      readonly extraCaCertificates: readonly string[];
      readonly keepExtraCaCertificates: boolean;
      readonly httpProxy: string | Secret | undefined;
      readonly httpsProxy: string | Secret | undefined;
      readonly noProxy: readonly string[];
    };

/** What the image of the gateways is built of: the same that the workspace's is. */
export type PlannedGatewayImage = Pick<
  Extract<PlannedImage, { kind: "build" }>,
  "baseImage" | "httpProxy" | "httpsProxy" | "noProxy"
>;

export type PlannedProject =
  { readonly kind: "bind"; readonly path: string } | { readonly kind: "volume"; readonly name: string | undefined };

/** Limits of the workspace; undefined: the engine's own. */
export interface PlannedResources {
  readonly memoryMiB: number | undefined;
  readonly cpus: number | undefined;
  readonly pids: number;
  readonly shmMiB: number | undefined;
  readonly tmpMiB: number | undefined;
}

/** What Codex gets beside what its user has anyway. */
export interface PlannedEnvironment {
  /** What every process of a workspace's container has, a shell that a person starts there too: its proxy, its certificates. */
  readonly tools: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Codex and its MCP servers have these, the agent's commands do not. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** PEM texts to trust beside the system's. */
  readonly caCertificates: readonly string[];
}

/** config.toml and AGENTS.md as we would write them into an empty CODEX_HOME. */
export interface PlannedConfig {
  /** In order, later wins; the last one is the platform's own. */
  readonly layers: readonly ConfigLayer[];
  readonly table: TomlTable;
  /** requirements.toml: what Codex enforces whatever config.toml says. */
  readonly requirements: TomlTable | undefined;
  /** The text of the global AGENTS.md block. */
  readonly agentsMd: string | undefined;
  /** The block of the project's AGENTS.md. */
  readonly projectAgentsMd: PlannedProjectAgentsMd | undefined;
  /** Every key that the platform layer sets. */
  readonly platformKeys: readonly KeyPath[];
  /** Those of them that fit on a command line, as `-c` flags. */
  readonly overrides: Readonly<Record<string, string | boolean | readonly string[]>>;
}

export interface PlannedProjectAgentsMd {
  readonly text: string;
  /** Whether a file that git tracks is changed too, or left alone. */
  readonly changeTrackedFile: boolean;
}

/** config.toml as a session has it that uses the profile. */
export interface PlannedProfile {
  /** Those of config.toml, the profile's own, and the platform's own as the last one. */
  readonly layers: readonly ConfigLayer[];
  readonly table: TomlTable;
  /** What has to be laid over config.toml for that. */
  readonly settings: TomlTable;
  readonly thread: PlannedThread;
}

/** What is passed on every start and resume of a thread. */
export interface PlannedThread {
  /** With `permissions`, the mode that the profile amounts to. */
  readonly sandboxMode: SandboxMode;
  /** Passed instead of the sandbox mode and `workspaceWrite`. */
  readonly permissions?: PlannedPermissions | undefined;
  readonly approvalPolicy: unknown;
  readonly workspaceWrite: TomlTable;
  /** undefined: Codex's own choice. */
  readonly model: string | undefined;
  /** The further settings of a profile. */
  readonly config: TomlTable;
}

export interface PlannedSession extends PlannedThread {
  /** The name of the profile that it uses. */
  readonly profile: string | undefined;
  readonly initialPrompt: string | undefined;
  /** Whether the thread of the wrapper's last run is resumed, or a new one begins. */
  readonly continue: boolean;
}

/** What runs as Codex's user at every start of the wrapper; each with its `#!` line, or for /bin/sh. */
export interface PlannedStartScripts {
  /** Before config.toml and AGENTS.md are written. */
  readonly preInstall: string | undefined;
  /** After that, before Codex starts. */
  readonly postInstall: string | undefined;
}

export interface PlannedApi {
  /** On 127.0.0.1; 0 is any free one. */
  readonly port: number;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly auth: "token" | "none";
  /** The first is that of `api.token`, with every scope; there is none where `auth` is `none`. */
  readonly tokens: readonly PlannedToken[];
  readonly limits: ApiLimits;
}

export interface PlannedToken {
  readonly name: string;
  readonly token: Secret;
  readonly scopes: readonly TokenScope[];
  /** RFC 3339; undefined: never. */
  readonly expiresAt: string | undefined;
}

export type PlannedModel = PlannedModelProvider | { readonly kind: "demo"; readonly baseUrl: string };

export interface PlannedModelProvider {
  readonly kind: "provider";
  readonly baseUrl: string;
  readonly key: Secret | undefined;
  readonly keyHeader: "Authorization" | "api-key";
  readonly organization: string | undefined;
  readonly queryParams: Readonly<Record<string, string>>;
}

export interface PlannedNetwork {
  /** `restricted`: the workspace has no network but its gateways. `open`: it has one, and only its model's key is kept away. */
  readonly mode: "restricted" | "open";
  /** Ports of the workspace's loopback address that are published beside the API's. */
  readonly ports: readonly number[];
  readonly image: PlannedGatewayImage;
  readonly gateway: GatewayPlan;
  /** undefined where the mode is `open`. */
  readonly egress: EgressPlan | undefined;
  /** What leads both gateways outside; undefined: the network does. */
  readonly upstreamProxy: UpstreamProxy | undefined;
}

export type ServiceName = "workspace" | "demo-model" | "model-gateway" | "egress-proxy";

export interface PlannedService {
  readonly name: ServiceName;
  readonly program: "agent-wrapper" | "scripted-model" | "nginx" | "squid";
}

export interface PlannedLink {
  readonly from: ServiceName;
  readonly to: ServiceName;
}
