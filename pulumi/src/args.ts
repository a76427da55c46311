import type { NetworkSpec, ProjectSpec, Secret, SecretReference, WorkspaceSpec } from "@codex-workspace/core";
import type { GrantKey, OwnOptions } from "@codex-workspace/provisioning";
import type { Input } from "@pulumi/pulumi";
import type { WorkspaceTransforms } from "./transforms.ts";

/**
 * Every input of a workspace spec (docs/spec.md), each value of which may come later, and what Pulumi adds to them. A secret
 * is a secret output, such as `pulumi.secret(…)` or `config.requireSecret(…)`, or says where to find it: `{ env }`, `{ file }`.
 */
export interface CodexWorkspaceArgs
  extends Omit<SpecArgs<WorkspaceSpec>, "api" | keyof PlainArgs>, PlainArgs, OwnOptions {
  readonly api: SpecArgs<NonNullable<WorkspaceSpec["api"]>> & {
    /** The token with every scope. Needed here: Pulumi has no memory of a random one. */
    readonly token: SpecArgs<Secret | SecretReference>;
  };
  /** Names containers, network and volumes, so no other workspace of its Docker host has it. @default "PROJECT-STACK-NAME" */
  readonly workspaceName?: string | undefined;
  /** The key of each of `grants`, by its name, and the host that it is for where that follows from nothing else. @default {} */
  readonly grantKeys?: Readonly<Record<string, SpecArgs<GrantKey>>> | undefined;
  /** What is registered otherwise for a resource of the workspace, for what the spec has no word for. @default {} */
  readonly transform?: WorkspaceTransforms | undefined;
}

/** Inputs that decide which resources there are, so they are known when the program runs. */
export interface PlainArgs {
  /** What is mounted at `workdir`. @default - a volume of the workspace's own */
  readonly project?: ProjectSpec | undefined;
  /** `false`: CODEX_HOME and the wrapper's state are on no volume, and end with the run of the container. @default true */
  readonly statePersistence?: boolean | undefined;
  /** What the workspace reaches, and what of it is reached. Its `mode` is known when the program runs. */
  readonly network?: (SpecArgs<Omit<NetworkSpec, "mode">> & Pick<NetworkSpec, "mode">) | undefined;
}

type Primitive = string | number | boolean | null | undefined;

/** A part of the spec with an `Input` wherever a value stands. */
export type SpecArgs<T> = unknown extends T
  ? T
  : | ([Extract<T, Primitive>] extends [never] ? never : Input<Extract<T, Primitive>>)
    | ObjectArgs<Exclude<T, Primitive>>;

type ObjectArgs<T> = T extends Secret
  ? Input<string>
  : T extends SecretReference
    ? T
    : T extends readonly (infer Item)[]
      ? Input<readonly SpecArgs<Item>[]>
      : { readonly [Key in keyof T]: SpecArgs<T[Key]> };
