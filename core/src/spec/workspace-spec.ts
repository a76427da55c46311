import type { Secret, SecretReference } from "../secret.ts";

/** Codex's sandbox for the commands of the agent (`sandbox_mode`). */
export type SandboxMode = "read-only" | "workspace-write" | "danger-full-access";

/** When Codex asks before it runs something (`approval_policy`). */
export type ApprovalPolicy = "on-request" | "never";

/** A secret value (in programs), or where to find it (in programs and files): never a plain string. */
export type SecretInput = Secret | SecretReference;

/** An image of ours that exists already, or one to build here. Exactly one of both. */
export interface ImageSpec {
  /** An image built from our Dockerfile, by digest: `registry/name@sha256:…`. */
  readonly prebuilt?: string | undefined;
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
}

/** The Responses API that Codex talks to (`model_providers.workspace`). */
export interface ModelProviderSpec {
  /** For example `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Sent as bearer token. @default - no Authorization header */
  readonly apiKey?: SecretInput | undefined;
}

export interface ApiSpec {
  /** Where the wrapper's HTTP port is published, on 127.0.0.1; 0 takes a free one. @default 3284 */
  readonly port?: number | undefined;
  /** Host names that requests may carry, without port; `*` allows any. @default ["localhost", "127.0.0.1", "[::1]"] */
  readonly hosts?: readonly string[] | undefined;
  /** Origins that browsers may send requests from; `https://*.example.com` works. @default [] */
  readonly origins?: readonly string[] | undefined;
  /** The bearer token of every request. @default - a random one */
  readonly token?: SecretInput | undefined;
}

/** Where the project directory comes from. Exactly one of both. */
export interface ProjectSpec {
  /** An absolute path of the Docker host (or of this machine, with the local engine). */
  readonly bind?: string | undefined;
  /** The name of a Docker volume, created when missing. */
  readonly volume?: string | undefined;
}

/** What a workspace shall be. Every key is optional: `{}` is a workspace. */
export interface WorkspaceSpec {
  /** The directory that Codex works in, created when missing, trusted. @default "/workspace" */
  readonly workdir?: string | undefined;
  /** What is mounted at `workdir`. @default - a volume of the workspace's own */
  readonly project?: ProjectSpec | undefined;
  /** @default - built here, from the default base image */
  readonly image?: ImageSpec | undefined;
  /** An exact version of @openai/codex. @default - the pin of this release */
  readonly codexVersion?: string | undefined;
  /** `sandbox_mode`. @default "workspace-write" */
  readonly sandboxMode?: SandboxMode | undefined;
  /** `approval_policy`. @default "on-request" */
  readonly approvalPolicy?: ApprovalPolicy | undefined;
  /** `sandbox_workspace_write.network_access`. @default true */
  readonly networkAccess?: boolean | undefined;
  /** `model`. @default - Codex's own */
  readonly model?: string | undefined;
  /** @default - the OpenAI API with the key in OPENAI_API_KEY */
  readonly modelProvider?: ModelProviderSpec | undefined;
  /** Any further settings of config.toml, as a table or as TOML text; they win over the inputs above. @default {} */
  readonly extraSettings?: string | Readonly<Record<string, unknown>> | undefined;
  /** Written into the global AGENTS.md, as a block of ours. @default - none */
  readonly systemPrompt?: string | undefined;
  /** Sent once, when the session first starts; the same text is not sent again. @default - none */
  readonly initialPrompt?: string | undefined;
  readonly api?: ApiSpec | undefined;
  /** Labels of every container, volume and network. @default {} */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}
