import type { Secret } from "../secret.ts";

/**
 * What an engine is asked for, in the words of the Docker Engine API but owned by no client library: the CLI, Pulumi
 * and Terraform each map these to their own types.
 */
export interface WorkspaceRequests {
  readonly networks: readonly NetworkRequest[];
  readonly volumes: readonly VolumeRequest[];
  /** In start order. */
  readonly containers: readonly ContainerRequest[];
}

export interface NetworkRequest {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type GatewayRole = "model-gateway" | "egress-proxy";

export interface VolumeRequest {
  readonly role: "home" | "config" | "project" | "sockets" | `${GatewayRole}-config`;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerRequest {
  readonly role: "config" | "workspace" | "demo-model" | GatewayRole;
  readonly name: string;
  readonly image: string;
  /** Arguments after the image's entrypoint, or instead of it when `entrypoint` is given. */
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[];
  readonly user: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly MountRequest[];
  readonly ports: readonly PortRequest[];
  readonly network: { readonly name: string; readonly aliases: readonly string[] } | "none";
  readonly hardening: Hardening;
  readonly resources: Resources;
  /** A carrier is created and filled, never started. */
  readonly start: boolean;
  /** Copied in before the start. */
  readonly files: readonly FileRequest[];
  /** How long a stop may take before the kill. */
  readonly stopTimeoutSeconds: number;
  readonly restart: "no" | "unless-stopped";
  /** Whether the health check of the image is about this container's program. */
  readonly healthcheck: "image" | "none";
}

export interface MountRequest {
  readonly kind: "volume" | "bind";
  /** A volume's name, or an absolute path of the Docker host. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface PortRequest {
  readonly hostIp: string;
  /** 0: any free one. */
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface Hardening {
  readonly readOnlyRoot: boolean;
  readonly init: boolean;
  /** As newer engines report them, `CAP_CHOWN`: spelled otherwise, whoever looks at the container finds a difference. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Text of a seccomp profile; undefined: the engine's default. */
  readonly seccomp: string | undefined;
  readonly pidsLimit: number;
  /** Path → mount options. */
  readonly tmpfs: Readonly<Record<string, string>>;
}

/** Limits; undefined: the engine's own. */
export interface Resources {
  readonly memoryMiB: number | undefined;
  readonly cpus: number | undefined;
  /** Size of /dev/shm. */
  readonly shmMiB: number | undefined;
}

export interface FileRequest {
  /** Absolute path in the container. */
  readonly path: string;
  readonly content: string | Secret;
  readonly mode: number;
}
