import type { NetworkPreset } from "../network/presets.ts";
import type { Secret, SecretReference } from "../secret.ts";
import type { TokenScope } from "../token-file.ts";

/** Codex's sandbox for the commands of the agent (`sandbox_mode`). */
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

/** Permission profiles that Codex has by itself. */
export type BuiltInPermissions = ":read-only" | ":workspace" | ":danger-full-access";

/** What a command may do with a path: `deny` hides its content. */
export type PermissionAccess = "read" | "write" | "deny";

/** A permission profile (`permissions.NAME`). */
export interface PermissionProfileSpec {
  /** The profile whose rules apply where this one has none. @default ":read-only" */
  readonly extends?: ":read-only" | ":workspace" | undefined;
  /**
   * By absolute path, or `:workspace_roots` (the project), `:tmpdir` (TMPDIR) and `:slash_tmp` (/tmp). @default - as in
   * `extends`
   */
  readonly filesystem?: Readonly<Record<string, PermissionAccess>> | undefined;
  /** Commands reach the network (`network.enabled`). @default false */
  readonly networkAccess?: boolean | undefined;
}

/** A built-in permission profile, or the definition of one. */
export type PermissionsInput = BuiltInPermissions | PermissionProfileSpec;

/**
 * When Codex asks before it runs something (`approval_policy`). `untrusted` and `on-failure` are of Codex before 0.155:
 * a later one refuses them, and so does the plan.
 */
export type ApprovalPolicy = "on-request" | "never" | "untrusted" | "on-failure" | GranularApprovalPolicy;

/** What Codex may ask for: `true` asks, `false` refuses without asking (`approval_policy.granular`). */
export interface GranularApprovalPolicy {
  readonly granular: {
    /** To run a command outside of the sandbox (`sandbox_approval`). */
    readonly sandboxApproval: boolean;
    /** Where a rule of Codex's command policy says to ask (`rules`). */
    readonly rules: boolean;
    /** What an MCP server asks for (`mcp_elicitations`). */
    readonly mcpElicitations: boolean;
    /** Further permissions, by the tool that asks for them (`request_permissions`). @default false */
    readonly requestPermissions?: boolean | undefined;
    /** To run a skill's script (`skill_approval`). @default false */
    readonly skillApproval?: boolean | undefined;
  };
}

/** Codex's tone (`personality`). */
export type Personality = "none" | "friendly" | "pragmatic";

/** Which variables the agent's commands see (`shell_environment_policy`). */
export interface ShellEnvironmentPolicySpec {
  /** What they start from: `core` is HOME, PATH, SHELL and the like. @default "all" */
  readonly inherit?: "all" | "core" | "none" | undefined;
  /** Let through what has KEY, SECRET or TOKEN in its name (`ignore_default_excludes`). @default - Codex's own */
  readonly ignoreDefaultExcludes?: boolean | undefined;
  /** Patterns of names to take out; those of the workspace's own variables are always among them. @default [] */
  readonly exclude?: readonly string[] | undefined;
  /** Variables to add. @default {} */
  readonly set?: Readonly<Record<string, string>> | undefined;
  /** Patterns of names; nothing else stays (`include_only`). @default - everything stays */
  readonly includeOnly?: readonly string[] | undefined;
}

/** Which calls of an MCP server's tools Codex asks about; `writes` is of Codex 0.155 and later. */
export type ToolApprovalMode = "auto" | "prompt" | "writes" | "approve";

/** An MCP server (`mcp_servers.NAME`): exactly one of `command` (stdio) and `url` (streamable HTTP). */
export interface McpServerSpec {
  /** A program that Codex starts, as uid `codex`, outside of its sandbox. */
  readonly command?: string | undefined;
  /** With `command`. @default [] */
  readonly args?: readonly string[] | undefined;
  /** With `command`: variables to add. They are written in clear: a secret belongs into `envVars`. @default {} */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** With `command`: variables of Codex's own environment to hand on (`env_vars`). @default [] */
  readonly envVars?: readonly string[] | undefined;
  /** With `command`: where the program runs. @default - the session's directory */
  readonly cwd?: string | undefined;
  /** The endpoint of a server that runs elsewhere. */
  readonly url?: string | undefined;
  /** With `url`: the variable that holds the bearer token (`bearer_token_env_var`). @default - no token */
  readonly bearerTokenEnvVar?: string | undefined;
  /** With `url`: the name of one of `grants`, whose token the gateway adds; Codex has none. @default - no token */
  readonly grant?: string | undefined;
  /** With `url`: written in clear, so `Authorization` is refused (`http_headers`). @default {} */
  readonly httpHeaders?: Readonly<Record<string, string>> | undefined;
  /** With `url`: headers, each with the variable that holds its value (`env_http_headers`). @default {} */
  readonly envHttpHeaders?: Readonly<Record<string, string>> | undefined;
  /** With `url`: the OAuth scopes to ask for. @default - the server's own */
  readonly scopes?: readonly string[] | undefined;
  /** With `url`: the OAuth resource (RFC 8707) to ask for (`oauth_resource`). @default - none */
  readonly oauthResource?: string | undefined;
  /** @default true */
  readonly enabled?: boolean | undefined;
  /** A session does not start without this server. @default false */
  readonly required?: boolean | undefined;
  /** `startup_timeout_sec`. @default - Codex's own */
  readonly startupTimeoutSec?: number | undefined;
  /** `tool_timeout_sec`. @default - Codex's own */
  readonly toolTimeoutSec?: number | undefined;
  /** The only tools that the model sees (`enabled_tools`). @default - all */
  readonly enabledTools?: readonly string[] | undefined;
  /** Tools that the model does not see (`disabled_tools`). @default [] */
  readonly disabledTools?: readonly string[] | undefined;
  /** `default_tools_approval_mode`. @default "auto" */
  readonly defaultToolsApprovalMode?: ToolApprovalMode | undefined;
  /** The tools may be called beside one another (`supports_parallel_tool_calls`). @default false */
  readonly supportsParallelToolCalls?: boolean | undefined;
  /** By the tool's name. @default {} */
  readonly tools?: Readonly<Record<string, McpToolSpec>> | undefined;
}

export interface McpToolSpec {
  /** `approval_mode`. @default - the server's `defaultToolsApprovalMode` */
  readonly approvalMode?: ToolApprovalMode | undefined;
}

/** Limits of the agents that Codex's main agent starts (`agents`). */
export interface AgentsSpec {
  /** How many at once (`max_threads`). @default - Codex's own */
  readonly maxThreads?: number | undefined;
  /** How deep they may start others; the main agent is 0 (`max_depth`). @default - Codex's own */
  readonly maxDepth?: number | undefined;
  /** How long a job's worker may run, in seconds (`job_max_runtime_seconds`). @default - Codex's own */
  readonly jobMaxRuntimeSeconds?: number | undefined;
}

/** Who answers what Codex asks (`approvals_reviewer`). */
export type ApprovalsReviewer = "user" | "auto_review";

/** A secret value (in programs), or where to find it (in programs and files): never a plain string. */
export type SecretInput = Secret | SecretReference;

/** An image of ours that exists already, or one to build here: exactly one of `prebuilt` and `build`. */
export interface ImageSpec {
  /** An image built from our Dockerfile by this release, by digest: `registry/name@sha256:…`. Its labels are checked. */
  readonly prebuilt?: string | undefined;
  /**
   * Any Debian-like image, for the image of the gateways, which is always built here. @default - `build.baseImage`, else
   * "debian:bookworm-slim"
   */
  readonly gatewayBaseImage?: string | undefined;
  readonly build?: ImageBuildSpec | undefined;
}

export interface ImageBuildSpec {
  /** Any Debian-like image. @default "debian:bookworm-slim" */
  readonly baseImage?: string | undefined;
  /** Where Node 24, npm and Node's headers are taken from. @default "node:24-bookworm-slim" */
  readonly nodeImage?: string | undefined;
  /** Further Debian packages. @default [] */
  readonly aptPackages?: readonly string[] | undefined;
  /** A shell script that runs as root in the build, after the packages. @default - none */
  readonly setupScript?: string | undefined;
  /** PEM certificates that the build trusts, for companies whose proxy ends TLS. @default [] */
  readonly extraCaCertificates?: readonly string[] | undefined;
  /** Keep those certificates in the final image's system store. @default false */
  readonly keepExtraCaCertificates?: boolean | undefined;
  /**
   * The proxy of the build's steps for http, Docker's build argument HTTP_PROXY: for the build alone, no part of the
   * image. A URL, or a secret where it has a password. @default - no proxy
   */
  readonly httpProxy?: string | SecretInput | undefined;
  /** The same for https: HTTPS_PROXY. @default - no proxy */
  readonly httpsProxy?: string | SecretInput | undefined;
  /** Hosts that the build's steps reach without those proxies: NO_PROXY. @default [] */
  readonly noProxy?: readonly string[] | undefined;
}

/** The Responses API that Codex talks to (`model_providers.workspace`). */
export interface ModelProviderSpec {
  /** For example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Sent with every request, as `keyHeader` says. @default - no key */
  readonly apiKey?: SecretInput | undefined;
  /** Which header carries the key: as bearer token, or by itself in `api-key`, as Azure has it. @default "Authorization" */
  readonly keyHeader?: "Authorization" | "api-key" | undefined;
  /** `OpenAI-Organization`. @default - the key's own */
  readonly organization?: string | undefined;
  /** Added to every request's URL, such as Azure's `api-version` (`query_params`). In clear: no secret. @default {} */
  readonly queryParams?: Readonly<Record<string, string>> | undefined;
}

/** How much the workspace asks of its model, with all of its sessions and their subagents. */
export interface ModelLimitsSpec {
  /** Of the model gateway, which the local engine does not have; at most 60,000. @default 600 */
  readonly requestsPerMinute?: number | undefined;
  /** Likewise, requests that run at once; at most 256. @default 32 */
  readonly concurrentRequests?: number | undefined;
  /** Tokens since midnight UTC, as Codex counts them; beyond them no turn is begun. @default - as many as they like */
  readonly tokensPerDay?: number | undefined;
}

export interface ApiSpec {
  /** Where the wrapper's HTTP port is published, on 127.0.0.1; 0 takes a free one. @default 3284 */
  readonly port?: number | undefined;
  /** Host names that requests may carry, without port; `*` allows any. @default ["localhost", "127.0.0.1", "[::1]"] */
  readonly hosts?: readonly string[] | undefined;
  /** Origins that browsers may send requests from; `https://*.example.com` works. @default [] */
  readonly origins?: readonly string[] | undefined;
  /** The token with every scope, which the provisioner itself uses; it goes by the name `api.token`. @default - a random one */
  readonly token?: SecretInput | undefined;
  /** Further tokens, each with what it may do. @default [] */
  readonly tokens?: readonly TokenSpec[] | undefined;
  /** `none`: who reaches the port needs no token. With the local engine only. @default "token" */
  readonly auth?: "token" | "none" | undefined;
  /** How much the API takes; the defaults suit one team and its programs. */
  readonly limits?: ApiLimitsSpec | undefined;
}

/** A request beyond one of these limits is answered 429, 413, 408, 400 or 507; a connection too many is closed. */
export interface ApiLimitsSpec {
  /** Changes, and streams that are opened, of one token in a minute. Reads are not counted. @default 6000 */
  readonly changesPerMinute?: number | undefined;
  /** Streams and terminals that one token holds open. @default 256 */
  readonly streams?: number | undefined;
  /** Connections of everybody. @default 1024 */
  readonly connections?: number | undefined;
  /** Until a request has come whole, and an upload too; at most a day. @default 30 */
  readonly requestTimeoutSeconds?: number | undefined;
  /** The body of a prompt of /v1, with its images; at most 256. @default 16 */
  readonly promptMiB?: number | undefined;
  /** Sessions of the workspace, `main` and archived ones included. @default 256 */
  readonly sessions?: number | undefined;
  /** Prompts of one token that are queued, are being sent or run. @default 2000 */
  readonly pendingPrompts?: number | undefined;
  /** Prompts of all tokens that are queued, are being sent or run. @default 10000 */
  readonly allPendingPrompts?: number | undefined;
  /** Size of one token's pending prompts, images included. @default 512 */
  readonly pendingPromptsMiB?: number | undefined;
  /** Size of all pending prompts, images included. @default 1024 */
  readonly allPendingPromptsMiB?: number | undefined;
  /** One uploaded file. @default 10, as in AgentAPI */
  readonly uploadMiB?: number | undefined;
  /** All files that were uploaded and are still there. @default 1024 */
  readonly allUploadsMiB?: number | undefined;
}

export interface TokenSpec {
  /** What an answer or a log calls it: letters, digits, `_` and `-`. */
  readonly name: string;
  readonly token: SecretInput;
  /** What it may do: these and nothing else. */
  readonly scopes: readonly TokenScope[];
  /** RFC 3339, such as `2027-01-31T00:00:00Z`. @default - it does not expire */
  readonly expiresAt?: string | undefined;
}

/** How what Codex asks is answered. */
export interface ApprovalsSpec {
  /** What nobody has answered by then is declined, at most a week. @default - it waits, as at a terminal */
  readonly timeoutSeconds?: number | undefined;
}

/** Where the project directory comes from. Exactly one of both. */
export interface ProjectSpec {
  /** An absolute path of the Docker host (or of this machine, with the local engine). */
  readonly bind?: string | undefined;
  /** The name of a Docker volume, created when missing. */
  readonly volume?: string | undefined;
}

/** What the workspace container may use; the local engine has none and refuses it. */
export interface ResourcesSpec {
  /** Memory in MiB, without swap beside it. @default - unlimited */
  readonly memoryMiB?: number | undefined;
  /** Processors; parts of one too, such as 0.5. @default - unlimited */
  readonly cpus?: number | undefined;
  /** Processes and threads at once. @default 4096 */
  readonly pids?: number | undefined;
  /** Size of /dev/shm in MiB. @default - the engine's own, 64 with Docker */
  readonly shmMiB?: number | undefined;
  /** Size of /tmp in MiB; it lies in memory. @default - half of the machine's memory */
  readonly tmpMiB?: number | undefined;
}

/** A block of the project's own AGENTS.md, which Codex reads after the global one. */
export interface ProjectSystemPromptSpec {
  readonly text: string;
  /** Write it also where git tracks the file: it would be a change to commit. @default false */
  readonly changeTrackedFile?: boolean | undefined;
}

/** What nobody in the workspace can go beyond: not the agent, not its repository, not a person at the terminal. */
export interface EnforceSpec {
  /** `allowed_sandbox_modes`; `read-only` has to be among them. @default - any */
  readonly sandboxModes?: readonly SandboxMode[] | undefined;
  /** `allowed_approval_policies`. @default - any */
  readonly approvalPolicies?: readonly ("on-request" | "never")[] | undefined;
  /** `allowed_approvals_reviewers`: whether a model may answer approvals in a person's place. @default - any */
  readonly approvalsReviewers?: readonly ApprovalsReviewer[] | undefined;
}

/** Keys of config.toml that a session may have instead, as a table or as TOML text. */
export type ProfileSpec = string | Readonly<Record<string, unknown>>;

/** What the workspace reaches, and what of it is reached. With the Docker engine: the local one separates nothing. */
export interface NetworkSpec {
  /** `open`: whatever the machine reaches. The model key stays in the gateway either way. @default "restricted" */
  readonly mode?: "restricted" | "open" | undefined;
  /** Hosts: `example.com`, `*.example.com`, `example.com:8443`; without a port 80 and 443. @default [] */
  readonly allow?: readonly string[] | undefined;
  /** @default - where `allow` is left out too: all that packages are installed from */
  readonly presets?: readonly NetworkPreset[] | undefined;
  /** A company's proxy that leads both gateways outside: an http URL, a secret where it has a password. @default - none */
  readonly upstreamProxy?: string | SecretInput | undefined;
  /** Ports of the workspace to publish on 127.0.0.1, for development: what listens there on 127.0.0.1. @default [] */
  readonly ports?: readonly number[] | undefined;
}

/** What the grant `github` may be used for. */
export interface GitHubSpec {
  /** `read:OWNER/REPOSITORY`, `push:OWNER/*`, `write:*`; `push` and `write` include `read`. @default ["read:*"] */
  readonly allow?: readonly string[] | undefined;
}

/** Who is told what happens. Not in force in this release, which refuses it. */
export interface WebhookSpec {
  /** https, or http to this machine. */
  readonly url: string;
  /** @default - all */
  readonly events?: readonly ("status" | "turn" | "approval")[] | undefined;
  /** What its requests are signed with. @default - unsigned */
  readonly secret?: SecretInput | undefined;
}

/** What a workspace shall be. Every key is optional: `{}` is a workspace. */
export interface WorkspaceSpec {
  /** The directory that Codex works in, created when missing. @default "/workspace" */
  readonly workdir?: string | undefined;
  /** What is mounted at `workdir`. @default - a volume of the workspace's own */
  readonly project?: ProjectSpec | undefined;
  /** @default - built here, from the default base image */
  readonly image?: ImageSpec | undefined;
  readonly resources?: ResourcesSpec | undefined;
  /**
   * Variables of Codex, its MCP servers and its commands. A secret is a reference or a `Secret`, and does not reach the
   * commands. @default {}
   */
  readonly env?: Readonly<Record<string, string | SecretInput>> | undefined;
  /** PEM certificates that Codex and its commands trust beside the system's, for companies whose proxy ends TLS. @default [] */
  readonly caCertificates?: readonly string[] | undefined;
  /** An exact version of @openai/codex. @default - the pin of this release */
  readonly codexVersion?: string | undefined;
  /**
   * `false`: the base image of `image.build`, or its set-up, brings Codex; with the local engine it is that of PATH. It has to
   * be of `codexVersion`. @default true
   */
  readonly installCodex?: boolean | undefined;
  /** `sandbox_mode`. @default "workspace-write" */
  readonly sandboxMode?: SandboxMode | undefined;
  /**
   * Codex's permission profile (`default_permissions`) for the agent's commands, instead of `sandboxMode`, `networkAccess`,
   * `writableRoots` and `fullAuto`. @default - `sandboxMode`
   */
  readonly permissions?: PermissionsInput | undefined;
  /** `approval_policy`. @default "on-request" */
  readonly approvalPolicy?: ApprovalPolicy | undefined;
  /** `sandbox_workspace_write.network_access`. @default true */
  readonly networkAccess?: boolean | undefined;
  /** Directories beside `workdir` that commands may write in `workspace-write` (`writable_roots`). @default [] */
  readonly writableRoots?: readonly string[] | undefined;
  /** `sandboxMode: "workspace-write"` and `approvalPolicy: "on-request"` in one word, for neither of them. @default false */
  readonly fullAuto?: boolean | undefined;
  /**
   * `true`: Codex takes what the project's own `.codex` has: settings, MCP servers, rules, hooks. MCP servers and what its
   * rules allow run outside the sandbox, and nobody is asked. Its AGENTS.md is read either way. @default false
   */
  readonly trustProject?: boolean | undefined;
  /** `model`. @default - Codex's own */
  readonly model?: string | undefined;
  /** The model of reviews (`review_model`). @default - Codex's own */
  readonly reviewModel?: string | undefined;
  /** A level that the model knows, such as `low` or `high` (`model_reasoning_effort`). @default - the model's own */
  readonly modelReasoningEffort?: string | undefined;
  /** `service_tier`. @default - the model provider's own */
  readonly serviceTier?: string | undefined;
  /** `personality`. @default - Codex's own */
  readonly personality?: Personality | undefined;
  /** In tokens (`model_context_window`). @default - the model's own */
  readonly modelContextWindow?: number | undefined;
  /** How many tokens start a compaction (`model_auto_compact_token_limit`). @default - the model's own */
  readonly modelAutoCompactTokenLimit?: number | undefined;
  /** Which tokens count for that (`model_auto_compact_token_limit_scope`). @default - Codex's own */
  readonly modelAutoCompactTokenLimitScope?: "total" | "body_after_prefix" | undefined;
  /** How many tokens of a tool's output are kept (`tool_output_token_limit`). @default - the model's own */
  readonly toolOutputTokenLimit?: number | undefined;
  readonly shellEnvironmentPolicy?: ShellEnvironmentPolicySpec | undefined;
  /** A program and its arguments that Codex runs after each turn, with a JSON text as last one. @default - none */
  readonly notify?: readonly string[] | undefined;
  readonly agents?: AgentsSpec | undefined;
  /** Codex's feature flags by name; those that the workspace sets itself are refused. @default {} */
  readonly features?: Readonly<Record<string, boolean>> | undefined;
  /** @default - the OpenAI API with the key in OPENAI_API_KEY */
  readonly modelProvider?: ModelProviderSpec | undefined;
  readonly modelLimits?: ModelLimitsSpec | undefined;
  /** By name: letters, digits, `_` and `-`. @default {} */
  readonly mcpServers?: Readonly<Record<string, McpServerSpec>> | undefined;
  /** TOML text that takes the place of our own defaults, below every other input. @default - our defaults */
  readonly baseConfigToml?: string | undefined;
  /** Written into requirements.toml, which wins over every setting. With the Docker engine only. @default - nothing */
  readonly enforce?: EnforceSpec | undefined;
  /** Any further settings of config.toml, as a table or as TOML text; they win over the inputs above. @default {} */
  readonly extraSettings?: string | Readonly<Record<string, unknown>> | undefined;
  /** By name: letters, digits, `_` and `-`. The settings of each win over all above (`codex --profile NAME`). @default {} */
  readonly profiles?: Readonly<Record<string, ProfileSpec>> | undefined;
  /** The name of the profile that the session uses. @default - none */
  readonly profile?: string | undefined;
  /** Written into the global AGENTS.md, as a block of ours. @default - none */
  readonly systemPrompt?: string | undefined;
  /** @default - the project's AGENTS.md stays as it is */
  readonly projectSystemPrompt?: ProjectSystemPromptSpec | undefined;
  /** Sent once, when the session first starts; the same text is not sent again. @default - none */
  readonly initialPrompt?: string | undefined;
  /** `false`: every start of the wrapper begins a new thread, to which the initial prompt is sent. @default true */
  readonly continue?: boolean | undefined;
  readonly approvals?: ApprovalsSpec | undefined;
  /**
   * `false`: CODEX_HOME and the wrapper's state are on no volume: conversation and queue end with the run of the container (with
   * the local engine: of the wrapper). @default true
   */
  readonly statePersistence?: boolean | undefined;
  /**
   * A shell script that runs before config.toml and AGENTS.md are written, at every start of the wrapper: as Codex's
   * user, in `workdir`. @default - none
   */
  readonly preInstallScript?: string | undefined;
  /** The same, after they are written and before Codex starts. @default - none */
  readonly postInstallScript?: string | undefined;
  /** What the wrapper logs at least; `debug` has every line that Codex writes to its standard error. @default "info" */
  readonly logLevel?: "error" | "warn" | "info" | "debug" | undefined;
  readonly api?: ApiSpec | undefined;
  readonly network?: NetworkSpec | undefined;
  /** Labels of every container, volume and network. @default {} */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Names of grants: keys that a gateway adds to what the workspace asks. `openai` is the model provider's, `github` is for git
   * and GitHub's API, any other one is a bearer token for one host. @default []
   */
  readonly grants?: readonly string[] | undefined;
  /** With the grant `github`. */
  readonly github?: GitHubSpec | undefined;
  readonly webhooks?: readonly WebhookSpec[] | undefined;
}
