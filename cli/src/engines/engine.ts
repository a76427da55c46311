import type { WorkspaceHashes } from "./what-changed.ts";
import type { ResolvedGrant, Secret, SecretReference, WorkspaceSpec } from "@codex-workspace/core";
import type { Output } from "../output.ts";
import type { WorkspaceDirectory, WorkspaceRecord } from "../state.ts";
import type { Undo } from "../undo.ts";

export type EngineKind = "docker" | "local";

/** What a workspace shall be. */
export interface PlanRequest {
  readonly name: string;
  /** The project directory, absolute. */
  readonly directory: string;
  readonly spec: WorkspaceSpec;
  readonly resolveSecret: (reference: SecretReference) => Secret;
  /** Each that the spec names. */
  readonly grants: readonly ResolvedGrant[];
  /** The API token where the spec names none. */
  readonly token: Secret;
  /** Answer from the scripted demo model. */
  readonly useDemoModel: boolean;
  /** Whether a restricted `network` and `grants` need not be kept, by an engine that cannot. */
  readonly acceptNoIsolation: boolean;
}

/** What a workspace shall be, in a directory that exists, and what is there already. */
export interface UpRequest extends Omit<PlanRequest, "grants"> {
  /** Each that the spec names; some are shown to their provider. Throws `GRANT_*`. */
  readonly resolveGrants: () => Promise<readonly ResolvedGrant[]>;
  /** What was recorded of this workspace; nothing when it is new. */
  readonly recorded: WorkspaceRecord | undefined;
}

/** What an engine works with while it brings a workspace up. */
export interface UpRun {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Gets everything that this run creates. */
  readonly undo: Undo;
  readonly state: WorkspaceDirectory;
  /** Writes down what is known so far, so that a run that is killed leaves nothing that `down` does not find. */
  readonly record: (known: Partial<WorkspaceRecord>) => Promise<void>;
}

/**
 * `created`, `started` (it was stopped), `replaced` (what changed needs a new container or process), `reloaded` (it runs
 * on, and its wrapper has the new configuration before it), `tokens` (it runs on, with its tokens and keys exchanged), or
 * `unchanged`.
 */
export type WorkspaceChange = "created" | "started" | "replaced" | "reloaded" | "tokens" | "unchanged";

/** A workspace whose programs run; whether its session is ready is asked over HTTP. */
export interface StartedWorkspace extends WorkspaceHashes {
  readonly change: WorkspaceChange;
  readonly url: string;
  /** The API token with every scope; none where the API needs none. */
  readonly token: Secret | undefined;
  readonly configHash: string;
  readonly codexVersion: string;
  readonly modelUrl: string;
  /** What deserves attention, each a sentence. */
  readonly warnings: readonly string[];
  /** The container or process that the wrapper runs in. */
  readonly runs: { readonly containerId: string } | { readonly pid: number };
  /** Why the wrapper's process is gone, or nothing while it runs. */
  readonly whyStopped: () => Promise<string | undefined>;
  /** Removes what was replaced. Until then a failure brings it back. */
  readonly settle: () => Promise<void>;
}

/** Who has a port. */
export interface PortUse {
  /** In words; undefined where it could not be found out. */
  readonly owner: string | undefined;
}

/** What of a workspace has a log of its own. */
export const services = ["workspace", "model-gateway", "egress-proxy"] as const;
export type Service = (typeof services)[number];

export type WorkspaceState = "running" | "stopped" | "down";

export interface LogOptions {
  readonly service: Service;
  /** Go on with what is logged from now on, by what takes its place too, until this says no. */
  readonly follow?: (() => Promise<boolean>) | undefined;
  /** The last so many lines; all when undefined. */
  readonly tail: number | undefined;
  readonly signal: AbortSignal;
}

/** A way to run workspaces: containers of Docker, or processes of this machine. */
export interface Engine {
  readonly kind: EngineKind;
  /** Throws `ENGINE_UNAVAILABLE` when it cannot be used here. */
  requireAvailable(): Promise<void>;
  /** Returns who has a port of 127.0.0.1; nothing where it is free, or belongs to this workspace while it runs. */
  portUse(port: number, recorded: WorkspaceRecord | undefined): Promise<PortUse | undefined>;
  /**
   * Starts what is missing, gives a running wrapper its new configuration, replaces what only a replacement changes. Whatever
   * can fail while the workspace runs is tried before it is stopped. The caller undoes a failure: that brings back what was
   * replaced.
   */
  up(request: UpRequest, run: UpRun): Promise<StartedWorkspace>;
  /** Ends and removes the workspace's programs, and with `volumes` what they stored. Nothing there is no failure. */
  down(record: WorkspaceRecord, options: { readonly volumes: boolean }): Promise<DownReport>;
  state(record: WorkspaceRecord): Promise<WorkspaceState>;
  /** Those that there are, running or not. */
  services(record: WorkspaceRecord): Promise<readonly Service[]>;
  logs(record: WorkspaceRecord, options: LogOptions): AsyncIterable<Uint8Array>;
}

export interface DownReport {
  /** What was ended or removed, in words; empty when nothing was there. */
  readonly removed: readonly string[];
  /** What stays on purpose, in words. */
  readonly kept: readonly string[];
}
