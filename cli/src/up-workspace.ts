import { chown, mkdir, readdir, rmdir, stat } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, createClient, type WorkspaceClient, type WorkspaceStatus } from "@codex-workspace/client";
import {
  containerUsers,
  Secret,
  type ResolvedGrant,
  type SecretReference,
  WorkspaceError,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { isInside, wayTo } from "@codex-workspace/provisioning";
import type { CliContext } from "./context.ts";
import type { Engine, EngineKind, StartedWorkspace } from "./engines/engine.ts";
import { warnOfGitOutside } from "./git-outside.ts";
import { withWorkspaceLock } from "./lock.ts";
import { waitForReadiness } from "./readiness.ts";
import { leftToWrapper, requireInForce } from "./require-in-force.ts";
import { showLogLines } from "./show-log.ts";
import type { ModelChoice } from "./choose-model.ts";
import type { WorkspaceRecord } from "./state.ts";
import { Undo } from "./undo.ts";

export interface UpInputs {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly spec: WorkspaceSpec;
  readonly resolveSecret: (reference: SecretReference) => Secret;
  readonly model: ModelChoice;
  readonly engine: Engine;
  /** Which set of grants. */
  readonly profile: string;
  readonly acceptNoIsolation: boolean;
  /** Undefined: do not wait. */
  readonly readyDeadlineMs: number | undefined;
}

export interface UpResult {
  readonly record: WorkspaceRecord;
  readonly started: StartedWorkspace;
  readonly warnings: readonly string[];
  /** Warnings that were shown before anything was started. */
  readonly shownWarnings: readonly string[];
}

/**
 * Brings a workspace up. When it fails or is interrupted, what this run created is removed again and the first error
 * is thrown; what was there before stays.
 */
export async function upWorkspace(context: CliContext, inputs: UpInputs): Promise<UpResult> {
  requireApart(context, inputs);
  return withWorkspaceLock(context.state.root, inputs.name, async () => {
    const directory = context.state.workspace(inputs.name);
    const recorded = await directory.read();
    requireSamePlace(inputs, recorded);
    await inputs.engine.requireAvailable();
    const undo = new Undo();
    try {
      return await provision(context, inputs, recorded, undo);
    } catch (error) {
      const isClean = await takeBack(context, inputs.name, undo);
      if (isClean && recorded === undefined) await directory.remove();
      throw error;
    }
  });
}

/**
 * The agent writes all of a project, so what a later command trusts or runs must not lie in it.
 *
 * @throws WorkspaceError `DIRECTORY_UNUSABLE`
 */
function requireApart({ state, ownFiles }: CliContext, { directory, spec: { project } }: UpInputs): void {
  // A volume as the project leaves DIR outside of the workspace.
  const mounted = project === undefined ? [directory] : project.bind === undefined ? [] : [wayTo(project.bind).real];
  for (const path of [wayTo(state.root).real, ...ownFiles]) {
    const around = mounted.find((candidate) => isInside(path, candidate));
    if (around === undefined) continue;
    throw unusable(around, `the agent could write ${path}, which codex-workspace trusts or runs`);
  }
}

async function takeBack({ output, programName }: CliContext, name: string, undo: Undo): Promise<boolean> {
  if (!undo.isEmpty) output.note("taking back what this run created");
  const left = await undo.run();
  for (const what of left) output.note(`could not remove ${what}`);
  if (left.length > 0) output.note(`when the cause is gone: ${programName} down --name ${name}`);
  return left.length === 0;
}

async function provision(
  context: CliContext,
  inputs: UpInputs,
  recorded: WorkspaceRecord | undefined,
  undo: Undo,
): Promise<UpResult> {
  const { name, directory, spec, engine, model } = inputs;
  const { output, signal } = context;
  const state = context.state.workspace(name);
  let record: WorkspaceRecord = recorded ?? {
    format: 1,
    name,
    engine: engine.kind,
    directory,
    createdAt: new Date().toISOString(),
  };
  record = { ...record, bind: spec.project?.bind === undefined ? undefined : wayTo(spec.project.bind).real };
  const remember = async (known: Partial<WorkspaceRecord>): Promise<void> => {
    record = { ...record, ...known };
    await state.write(record);
  };
  await makeDirectory(directory, engine.kind, undo);
  const shownWarnings = gitWarnings(inputs);
  for (const warning of shownWarnings) output.note(`warning: ${warning}`);
  await remember({});
  const started = await engine.up(
    {
      name,
      directory,
      spec,
      resolveSecret: inputs.resolveSecret,
      resolveGrants: () => grantsOf(context, inputs),
      token: (await state.readToken()) ?? new Secret(randomBytes(24).toString("base64url")),
      useDemoModel: model.kind === "demo",
      acceptNoIsolation: inputs.acceptNoIsolation,
      recorded,
    },
    { output, signal, undo, state, record: remember },
  );
  if (started.token === undefined) await state.removeToken();
  else await state.writeToken(started.token);
  const { url, configHash, codexVersion, planHash, filesHash, tokensHash, modelUrl, whyStopped } = started;
  const isReloaded = started.change === "reloaded";
  // What is reloaded is written again by every `up` until the wrapper has said that it is in force.
  const known = { planHash, filesHash: isReloaded ? undefined : filesHash, tokensHash };
  await remember({ url, configHash, codexVersion, ...known, model: { ...model, baseUrl: modelUrl } });
  const client = createClient({ baseUrl: url, token: started.token?.reveal() });
  const warnings = [...started.warnings];
  const { readyDeadlineMs: deadlineMs } = inputs;
  if (deadlineMs !== undefined) {
    const status = (): Promise<WorkspaceStatus> => statusOf(client, signal);
    if (isReloaded) await requireInForce(context, { name, configHash, deadlineMs, status, whyStopped });
    await requireReady(context, inputs, record, started, client, deadlineMs);
    await remember({ filesHash });
    warnings.push(...(await status()).warnings);
  } else if (isReloaded) {
    output.note(leftToWrapper);
  }
  return { record, started, warnings, shownWarnings };
}

function gitWarnings({ directory, engine, spec: { project } }: UpInputs): readonly string[] {
  if (engine.kind !== "docker" || project?.volume !== undefined) return [];
  return warnOfGitOutside(project?.bind ?? directory);
}

/** @throws WorkspaceError `GRANT_NOT_FOUND`, `GRANT_UNREADABLE`, `GRANT_REFUSED`, `GRANT_UNVERIFIED` */
async function grantsOf(context: CliContext, { spec, profile }: UpInputs): Promise<ResolvedGrant[]> {
  if (spec.grants === undefined) return [];
  // Loaded now: most have none, and decrypting takes its time to load.
  const [{ openGrants }, { resolveGrants }] = await Promise.all([
    import("./grants/open-grants.ts"),
    import("./grants/resolve-grants.ts"),
  ]);
  const { env, signal, output } = context;
  const note = (text: string): void => output.note(`warning: ${text}`);
  return resolveGrants(spec, profile, { store: openGrants(context), env, signal, note });
}

/** A wrapper that runs on looks for exchanged tokens a few times a second. */
const tokensDeadlineMs = 5_000;

async function statusOf(client: WorkspaceClient, signal: AbortSignal): Promise<WorkspaceStatus> {
  const deadline = performance.now() + tokensDeadlineMs;
  for (;;) {
    try {
      return await client.workspaceStatus({ signal });
    } catch (error) {
      const isEarly = error instanceof ApiError && error.code === "TOKEN_INVALID" && performance.now() < deadline;
      if (!isEarly) throw error;
      await delay(100, undefined, { signal });
    }
  }
}

/** @throws WorkspaceError `NAME_TAKEN`, `ENGINE_MISMATCH` */
function requireSamePlace({ name, directory, engine }: UpInputs, recorded: WorkspaceRecord | undefined): void {
  if (recorded === undefined) return;
  if (recorded.directory !== directory) {
    throw new WorkspaceError(`workspace "${name}" belongs to ${recorded.directory}, not to ${directory}`, {
      code: "NAME_TAKEN",
      remedy: `Choose another name with --name, or give the old one up: codex-workspace down --volumes --name ${name}`,
    });
  }
  if (recorded.engine !== engine.kind) {
    throw new WorkspaceError(`workspace "${name}" is one of --engine ${recorded.engine}`, {
      code: "ENGINE_MISMATCH",
      remedy: `Leave --engine out, choose another --name, or begin anew: codex-workspace down --volumes --name ${name}`,
    });
  }
}

/** Creates DIR where it is missing. Created by root, it is given to the user that Codex has in a container. */
async function makeDirectory(directory: string, engine: EngineKind, undo: Undo): Promise<void> {
  const existing = await stat(directory).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unusable(directory, codeOf(error), error);
  });
  if (existing?.isDirectory() === false) throw unusable(directory, "it is no directory");
  if (existing !== undefined) return;
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw unusable(directory, codeOf(error), error);
  });
  undo.defer(`directory ${directory}`, async () => {
    if ((await readdir(directory)).length === 0) await rmdir(directory);
  });
  if (engine === "docker" && process.getuid?.() === 0)
    await chown(directory, containerUsers.codex, containerUsers.codex);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function unusable(directory: string, why: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(`${directory} cannot be the project directory: ${why}`, {
    code: "DIRECTORY_UNUSABLE",
    remedy: "Give `up` a directory that you may read and write, or one to create.",
    cause,
  });
}

/** @throws WorkspaceError `START_FAILED`, `START_TIMED_OUT`, with the last lines of the wrapper's log */
async function requireReady(
  context: CliContext,
  { name, engine }: UpInputs,
  record: WorkspaceRecord,
  { whyStopped }: StartedWorkspace,
  client: WorkspaceClient,
  deadlineMs: number,
): Promise<void> {
  const outcome = await waitForReadiness(client, { deadlineMs, signal: context.signal, whyStopped });
  if (outcome.state === "ready") return;
  const log = await lastLogLines(engine, record);
  const shown = log.length === 0 ? "" : `\nlast lines of its log:\n${log.map((line) => `  ${line}`).join("\n")}`;
  if (outcome.state === "timed-out") {
    throw new WorkspaceError(`"${name}" was not ready within ${deadlineMs / 1000} s: ${outcome.reason}${shown}`, {
      code: "START_TIMED_OUT",
      remedy: "Give it longer with --timeout SECONDS, or start it with --detach and read `codex-workspace logs`.",
    });
  }
  throw new WorkspaceError(`"${name}" did not start: ${outcome.reason}${shown}`, {
    code: "START_FAILED",
    remedy: "Correct what it names, then run up again.",
  });
}

const logLines = 15;

async function lastLogLines(engine: Engine, record: WorkspaceRecord): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  const options = { service: "workspace", tail: logLines, signal: new AbortController().signal } as const;
  for await (const chunk of engine.logs(record, options)) chunks.push(chunk);
  return showLogLines(Buffer.concat(chunks).toString("utf8")).slice(-logLines);
}
