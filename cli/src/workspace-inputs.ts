import { dirname, resolve } from "node:path";
import {
  allowHosts,
  type Secret,
  secretReferences,
  type SecretReference,
  visibleText,
  WorkspaceError,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { createSecretResolver, isInside, SecretFiles, wayTo } from "@codex-workspace/provisioning";
import { chooseModel, type ModelChoice } from "./choose-model.ts";
import type { CliContext } from "./context.ts";
import { workspaceOfDirectory } from "./find-workspace.ts";
import { defaultProfile } from "./grants/grant.ts";
import type { SpecFile } from "./spec-file.ts";
import type { Told } from "./state.ts";
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
  /** Name of a set of grants. */
  readonly profile?: string | undefined;
  readonly acceptNoIsolation?: boolean | undefined;
  /** Ignore the options of earlier commands. */
  readonly forget?: boolean | undefined;
}

export interface WorkspaceInputs {
  readonly name: string;
  /** Absolute, without symbolic links: a link that is replaced later does not move the workspace. */
  readonly directory: string;
  readonly spec: WorkspaceSpec;
  /** Undefined: there is none. */
  readonly file: SpecFile | undefined;
  readonly secretFiles: SecretFiles;
  readonly resolveSecret: (reference: SecretReference) => Secret;
  readonly model: ModelChoice;
  /** Name of the set of grants. */
  readonly profile: string;
  readonly acceptNoIsolation: boolean;
  /** The options that shaped this workspace: of this command line, and of earlier ones. */
  readonly told: Told;
}

/**
 * The spec of a directory with what the command line says over it, and what goes with it. Each file is read once.
 *
 * @throws WorkspaceError `SPEC_UNREADABLE`, `SPEC_INVALID`, `SPEC_NOT_IN_FORCE`, `SECRET_IN_PROJECT`, `USAGE`
 */
export async function readWorkspaceInputs(
  context: InputsContext & Pick<CliContext, "state">,
  commandLine: GivenWorkspace,
): Promise<WorkspaceInputs> {
  const given = await withKnown(context, commandLine);
  const directory = directoryOf(context, given);
  // Loaded now, for its parsers: --help does not wait for them.
  const { readSpecFile } = await import("./spec-file.ts");
  // The agent of another workspace writes that workspace's project.
  const projects = [directory, ...(await context.state.projects())];
  const file = await readSpecFile(directory, given.spec, projects);
  const inputs = toWorkspaceInputs(context, given, file, projects);
  for (const { reference } of secretReferences(inputs.spec)) {
    if ("file" in reference) inputs.secretFiles.locate(reference.file);
  }
  requireNoLinkInProject(inputs.spec, projects);
  return inputs;
}

/**
 * Completes a command line with what is known of its workspace: the name, and the options of earlier commands.
 *
 * @throws WorkspaceError `WORKSPACE_AMBIGUOUS`, `STATE_UNREADABLE`
 */
export async function withKnown(
  { cwd, state }: Pick<CliContext, "cwd" | "state">,
  given: GivenWorkspace,
): Promise<GivenWorkspace> {
  const directory = directoryOf({ cwd }, given);
  const known =
    given.name === undefined ? await workspaceOfDirectory(state, directory) : await state.workspace(given.name).read();
  const isSame = known !== undefined && wayTo(known.directory).real === directory;
  const told = isSame && given.forget !== true ? known.told : undefined;
  const spec = given.spec === undefined ? undefined : resolve(cwd, given.spec);
  return { ...told, ...withoutUndefined({ ...given, spec, name: given.name ?? known?.name }) };
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** The same of a spec that was read already, or of none. */
export function toWorkspaceInputs(
  context: InputsContext,
  given: GivenWorkspace,
  file: SpecFile | undefined,
  projects: readonly string[] = [],
): WorkspaceInputs {
  const { cwd, env } = context;
  const directory = directoryOf(context, given);
  const spec = withGiven(file?.spec ?? {}, given);
  const bound = spec.project?.bind === undefined ? [] : [wayTo(spec.project.bind).real];
  const place = file === undefined ? directory : dirname(file.path);
  const secretFiles = new SecretFiles({ directory: place, projects: [directory, ...bound, ...projects] });
  return {
    // Of DIR as it is written: a link that leads elsewhere later is another directory with the same name, and refused.
    name: given.name ?? nameOfDirectory(resolve(cwd, given.directory)),
    directory,
    spec,
    file,
    secretFiles,
    resolveSecret: createSecretResolver({ env, directory: place, files: secretFiles }),
    model: chooseModel(spec, env),
    profile: given.profile ?? defaultProfile,
    acceptNoIsolation: given.acceptNoIsolation ?? false,
    told: toldBy(given),
  };
}

function toldBy({ spec, port, fullAuto, grant, profile, allowHost, acceptNoIsolation }: GivenWorkspace): Told {
  return withoutUndefined({ spec, port, fullAuto, grant, profile, allowHost, acceptNoIsolation });
}

type InputsContext = Pick<CliContext, "cwd" | "env">;

function directoryOf({ cwd }: Pick<CliContext, "cwd">, given: GivenWorkspace): string {
  return wayTo(resolve(cwd, given.directory)).real;
}

/** A mount is by path, so a link that the agent may replace must not be on the way. @throws WorkspaceError `SPEC_INVALID` */
function requireNoLinkInProject({ project }: WorkspaceSpec, projects: readonly string[]): void {
  if (project?.bind === undefined) return;
  const link = wayTo(project.bind).links.find((candidate) => projects.some((owner) => isInside(candidate, owner)));
  if (link === undefined) return;
  throw new WorkspaceError("`project.bind` leads through a symbolic link in the project", {
    code: "SPEC_INVALID",
    remedy: "Write the path of the directory itself.",
    problems: [
      { path: "project.bind", message: `${visibleText(link)} is a symbolic link, which the agent can replace` },
    ],
  });
}

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
  if (fullAuto !== true) return spec;
  const { permissions: _replaced, ...rest } = spec;
  return { ...rest, sandboxMode: "workspace-write", approvalPolicy: "on-request" };
}
