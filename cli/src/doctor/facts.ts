import type { EngineChoice } from "../choose-engine.ts";

/** What was found on a machine: the answers of the probes, nothing decided yet. */
export interface Facts {
  /** As asked for. */
  readonly engine: EngineChoice;
  readonly nodeVersion: string;
  /** Whether this user is root. */
  readonly isRoot: boolean;
  /** Whether npm is on PATH. */
  readonly hasNpm: boolean;
  /** Of codex-workspace. */
  readonly version: string;
  readonly codex: {
    readonly version: string;
    readonly pin: string;
    /** `false`: the local engine shall find it on PATH. */
    readonly install: boolean;
    readonly isHere: boolean;
  };
  /** Why the spec cannot be used; then everything else was looked at without one. */
  readonly specFault: Fault | undefined;
  /** What `up` would ask first; then nothing that the spec names was contacted, started or read. */
  readonly notTrusted: Fault | undefined;
  /** Why the local engine would refuse the spec: with Docker it may be used. */
  readonly localFault: Fault | undefined;
  /** `network.mode`, which holds with Docker. */
  readonly networkMode: "restricted" | "open";
  /** Undefined: not looked for. */
  readonly docker: DockerFacts | undefined;
  /** Undefined where the system is no Linux. */
  /** Nothing where the local engine is out of the question. */
  readonly hasBubblewrap: boolean | undefined;
  readonly userNamespaces: UserNamespaceFacts | undefined;
  readonly sandbox: SandboxFacts;
  readonly port: PortFacts;
  readonly disks: readonly DiskFacts[];
  readonly model: ModelFacts;
}

export interface Fault {
  readonly message: string;
  readonly remedy: string;
}

export type DockerFacts =
  | {
      readonly state: "answers";
      readonly version: string;
      readonly osType: string;
      readonly securityOptions: readonly string[];
      /** How other hosts reach published ports. */
      readonly portExposure: Fault | undefined;
    }
  /** `namedBy`: the variable, context or socket that names it, so that `up` refuses to run without it. */
  | ({ readonly state: "unreachable"; readonly namedBy: string | undefined } & Fault);

/** As the kernel says it; undefined where it has no such switch. */
export interface UserNamespaceFacts {
  readonly max: number | undefined;
  readonly unprivilegedClone: number | undefined;
  readonly appArmorRestricts: number | undefined;
}

export type SandboxFacts =
  | { readonly state: "working" }
  | { readonly state: "blocked"; readonly reason: string }
  /** Codex, who would have to try, is not here. */
  | { readonly state: "untried" };

export interface PortFacts {
  readonly port: number;
  /** `ours`: of the workspace in question. `replaceable`: taken, and nobody asked for this port. */
  readonly state: "free" | "taken" | "replaceable" | "ours";
  readonly owner: string | undefined;
}

export interface DiskFacts {
  readonly path: string;
  /** What it is for, in words. */
  readonly purpose: string;
  readonly freeBytes: number;
}

export type ModelFacts =
  | { readonly kind: "demo"; readonly why: string }
  | { readonly kind: "provider"; readonly baseUrl: string; readonly key: KeyFacts; readonly network: NetworkFacts };

/** `from`: the variable or file. The key itself is nobody's business here. */
export type KeyFacts =
  | { readonly state: "none" }
  | { readonly state: "present"; readonly from: string; readonly shapeFault: string | undefined }
  | ({ readonly state: "missing" } & Fault);

export type NetworkFacts =
  | { readonly state: "answers"; readonly httpStatus: number }
  /** `viaProxy`: a proxy is set that we do not go through. */
  | { readonly state: "silent"; readonly reason: string; readonly viaProxy: boolean };
