import type { Secret, SecretReference, WorkspaceSpec } from "@codex-workspace/core";
import type { GrantKey, OwnOptions } from "@codex-workspace/provisioning";
import type { TerraformProvider } from "cdktf";

/**
 * Every input of a workspace spec (docs/spec.md), and what the construct adds to them. A secret says where it is when the program
 * is synthesized: `{ env }` or `{ file }`.
 */
export interface CodexWorkspaceProps extends Omit<SpecProps<WorkspaceSpec>, "api">, OwnOptions {
  readonly api: SpecProps<NonNullable<WorkspaceSpec["api"]>> & {
    /** The token with every scope. Needed here: Terraform has no memory of a random one but its state. */
    readonly token: SecretReference;
  };
  /** Names containers, network and volumes, so no other workspace of its Docker host has it. @default - the construct's path */
  readonly workspaceName?: string | undefined;
  /** The key of each of `grants`, by its name, and the host that it is for where that follows from nothing else. @default {} */
  readonly grantKeys?: Readonly<Record<string, SpecProps<GrantKey>>> | undefined;
  /** The Docker host. @default - the stack's own Docker provider */
  readonly provider?: TerraformProvider | undefined;
}

/** A part of the spec whose secrets are references: Terraform would keep a value in its state. */
export type SpecProps<T> = unknown extends T
  ? T
  : T extends Secret
    ? never
    : T extends SecretReference
      ? T
      : T extends readonly (infer Item)[]
        ? readonly SpecProps<Item>[]
        : T extends object
          ? { readonly [Key in keyof T]: SpecProps<T[Key]> }
          : T;
