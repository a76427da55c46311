import { dirname, resolve } from "node:path";
import {
  allowHosts,
  type Secret,
  type SecretReference,
  WorkspaceError,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { createSecretResolver } from "@codex-workspace/provisioning";
import { chooseModel, type ModelChoice } from "./choose-model.ts";
import type { CliContext } from "./context.ts";
import type { SpecFile } from "./spec-file.ts";
import { nameOfDirectory } from "./workspace-name.ts";

/** What a command line says of the workspace that it means. */
export interface GivenWorkspace {
  /** As given: DIR. */
  readonly directory: string;
  readonly spec?: string | undefined;
  readonly name?: string | undefined;
  readonly port?: number | undefined;
  /** What `codex --full-auto` is: workspace-write, on-request. */
  readonly fullAuto?: boolean | undefined;
  /** Names of grants. */
  readonly grant?: readonly string[] | undefined;
  /** Patterns. */
  readonly allowHost?: readonly string[] | undefined;
}

export interface WorkspaceInputs {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly spec: WorkspaceSpec;
  readonly resolveSecret: (reference: SecretReference) => Secret;
  readonly model: ModelChoice;
}

/**
 * The spec of a directory with what the command line says over it, and what goes with it.
 *
 * @throws WorkspaceError `SPEC_UNREADABLE`, `SPEC_INVALID`, `SPEC_NOT_IN_FORCE`, `USAGE`
 */
export async function readWorkspaceInputs(context: InputsContext, given: GivenWorkspace): Promise<WorkspaceInputs> {
  const directory = resolve(context.cwd, given.directory);
  // Loaded now, for its parsers: --help does not wait for them.
  const { readSpecFile } = await import("./spec-file.ts");
  return toWorkspaceInputs(
    context,
    given,
    await readSpecFile(directory, given.spec && resolve(context.cwd, given.spec)),
  );
}

/** The same of a spec that was read already, or of none. */
export function toWorkspaceInputs(
  { cwd, env }: InputsContext,
  given: GivenWorkspace,
  file: SpecFile | undefined,
): WorkspaceInputs {
  const directory = resolve(cwd, given.directory);
  const spec = withGiven(file?.spec ?? {}, given);
  return {
    name: given.name ?? nameOfDirectory(directory),
    directory,
    spec,
    resolveSecret: createSecretResolver({ env, directory: file === undefined ? directory : dirname(file.path) }),
    model: chooseModel(spec, env),
  };
}

type InputsContext = Pick<CliContext, "cwd" | "env">;

/** @throws WorkspaceError `USAGE` where there is nothing to allow */
function withGiven(spec: WorkspaceSpec, { port, fullAuto, grant, allowHost }: GivenWorkspace): WorkspaceSpec {
  return withAllowedHosts(withGrants(withFullAuto(withPort(spec, port), fullAuto), grant), allowHost);
}

function withAllowedHosts(spec: WorkspaceSpec, hosts: readonly string[] | undefined): WorkspaceSpec {
  if (hosts === undefined) return spec;
  if (spec.network?.mode !== "open") return { ...spec, network: allowHosts(spec.network ?? {}, hosts) };
  throw new WorkspaceError("--allow-host means nothing where `network.mode` is open", {
    code: "USAGE",
    remedy: "Leave it out, or take `network.mode` out of the spec.",
  });
}

function withPort(spec: WorkspaceSpec, port: number | undefined): WorkspaceSpec {
  return port === undefined ? spec : { ...spec, api: { ...spec.api, port } };
}

function withGrants(spec: WorkspaceSpec, names: readonly string[] | undefined): WorkspaceSpec {
  return names === undefined ? spec : { ...spec, grants: [...(spec.grants ?? []), ...names] };
}

function withFullAuto(spec: WorkspaceSpec, fullAuto: boolean | undefined): WorkspaceSpec {
  return fullAuto === true ? { ...spec, sandboxMode: "workspace-write", approvalPolicy: "on-request" } : spec;
}
