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
import { choosePort } from "./choose-port.ts";
import type { CliContext } from "./context.ts";
import type { Engine, EngineKind, StartedWorkspace } from "./engines/engine.ts";
import { workspacesOfDirectory } from "./find-workspace.ts";
import { warnOfGitOutside } from "./git-outside.ts";
import { withWorkspaceLock } from "./lock.ts";
import { waitForReadiness } from "./readiness.ts";
import { leftToWrapper, requireInForce } from "./require-in-force.ts";
import { showLogLines } from "./show-log.ts";
import type { ModelChoice } from "./choose-model.ts";
import { refusedSetting } from "./refused-setting.ts";
import type { Told, WorkspaceDirectory, WorkspaceRecord } from "./state.ts";
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
  /** Options of the command line that the workspace keeps. */
  readonly told: Told;
  /** Undefined: do not wait. */
  readonly readyDeadlineMs: number | undefined;
}

export interface UpResult {
  readonly record: WorkspaceRecord;
  readonly started: StartedWorkspace;
  /** All of them were shown as soon as they were known. */
  readonly warnings: readonly string[];
}

/**
 * Brings a workspace up. When it fails or is interrupted, what this run created is removed again, what it replaced comes back,
 * and the first error is thrown.
 */
export async function upWorkspace(context: CliContext, inputs: UpInputs): Promise<UpResult> {
  requireApart(context, inputs);
  return withWorkspaceLock(context.state.root, inputs.name, async () => {
    const directory = context.state.workspace(inputs.name);
    const recorded = await directory.read();
    await requireSamePlace(context, inputs, recorded);
    await inputs.engine.requireAvailable();
    const undo = new Undo();
    const memory = new Memory(directory, recorded ?? newRecord(inputs));
    let result: UpResult;
    try {
      result = await provision(context, inputs, { recorded, memory, undo });
    } catch (error) {
      if (recorded !== undefined) await memory.remember(knownBefore(recorded));
      const isClean = await takeBack(context, inputs.name, undo);
      if (isClean && recorded === undefined) await directory.remove();
      else await untilReadyAgain(context, inputs, memory.record);
      throw error;
    }
    await result.started.settle();
    return result;
  });
}

function newRecord({ name, engine, directory }: UpInputs): WorkspaceRecord {
  return { format: 1, name, engine: engine.kind, directory, createdAt: new Date().toISOString() };
}

/** Returns what a failed `up` must not have changed of a record. What runs, and with which files, the engine knows. */
function knownBefore({ directory, bind, told, port, model }: WorkspaceRecord): Partial<WorkspaceRecord> {
  return { directory, bind, told, port, model };
}

/** The record of a workspace while a command changes it: each change is on disk at once. */
class Memory {
  readonly #directory: WorkspaceDirectory;
  record: WorkspaceRecord;

  constructor(directory: WorkspaceDirectory, record: WorkspaceRecord) {
    this.#directory = directory;
    this.record = record;
  }

  readonly remember = async (known: Partial<WorkspaceRecord>): Promise<void> => {
    this.record = { ...this.record, ...known };
    await this.#directory.write(this.record);
  };
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
  for (const what of left) output.note(`could not take back ${what}`);
  if (left.length > 0) output.note(`when the cause is gone: ${programName} down --name ${name}`);
  return left.length === 0;
}

const readyAgainDeadlineMs = 60_000;

/** Waits for a workspace that still runs, or that came back: what is sent to it next finds its session. */
async function untilReadyAgain(
  { state, output }: CliContext,
  { name, engine }: UpInputs,
  record: WorkspaceRecord,
): Promise<void> {
  const isGone = async (): Promise<string | undefined> => {
    const found = await engine.state(record).catch(() => "unknown");
    return found === "running" ? undefined : `it is ${found}`;
  };
  if (record.url === undefined || (await isGone()) !== undefined) return;
  const token = await state.workspace(name).readToken();
  const client = createClient({ baseUrl: record.url, token: token?.reveal() });
  // The signal of the command may be why it failed.
  const waiting = { deadlineMs: readyAgainDeadlineMs, signal: new AbortController().signal, whyStopped: isGone };
  const outcome = await waitForReadiness(client, waiting).catch(() => undefined);
  if (outcome?.state === "ready") output.note(`"${name}" runs as before at ${record.url}`);
}

interface Provisioning {
  readonly recorded: WorkspaceRecord | undefined;
  readonly memory: Memory;
  readonly undo: Undo;
}

async function provision(
  context: CliContext,
  inputs: UpInputs,
  { recorded, memory, undo }: Provisioning,
): Promise<UpResult> {
  const { name, directory, engine, model, told } = inputs;
  const { output, signal } = context;
  const state = context.state.workspace(name);
  const { remember } = memory;
  const warnings: string[] = [];
  const warn = (warning: string): void => {
    output.note(`warning: ${warning}`);
    warnings.push(warning);
  };
  await makeDirectory(directory, engine.kind, undo);
  for (const warning of gitWarnings(inputs)) warn(warning);
  const bind = inputs.spec.project?.bind;
  await remember({ directory, told, bind: bind === undefined ? undefined : wayTo(bind).real });
  const spec = await withPort(context, inputs, recorded, remember);
  const started = await engine.up(
    {
      name,
      directory,
      spec,
      resolveSecret: inputs.resolveSecret,
      resolveGrants: () => grantsOf(context, inputs, warn),
      token: (await state.readToken()) ?? new Secret(randomBytes(24).toString("base64url")),
      useDemoModel: model.kind === "demo",
      acceptNoIsolation: inputs.acceptNoIsolation,
      recorded,
    },
    { output, signal, undo, state, record: remember },
  );
  if (started.change === "replaced") await bringBackToken(state, undo);
  if (started.token === undefined) await state.removeToken();
  else await state.writeToken(started.token);
  const { url, configHash, codexVersion, planHash, filesHash, tokensHash, modelUrl, whyStopped } = started;
  const isReloaded = started.change === "reloaded";
  // What is reloaded is written again by every `up` until the wrapper has said that it is in force.
  const known = { planHash, filesHash: isReloaded ? undefined : filesHash, tokensHash };
  await remember({ url, configHash, codexVersion, ...known, model: { ...model, baseUrl: modelUrl } });
  const client = createClient({ baseUrl: url, token: started.token?.reveal() });
  for (const warning of [...(await warningsOfDirectory(context, inputs)), ...started.warnings]) warn(warning);
  await remember({ warnings: [...warnings] });
  const { readyDeadlineMs: deadlineMs } = inputs;
  if (deadlineMs !== undefined) {
    const status = (): Promise<WorkspaceStatus> => statusOf(client, signal);
    if (isReloaded) await requireInForce(context, { name, configHash, deadlineMs, status, whyStopped });
    await requireReady(context, inputs, memory.record, started, client, deadlineMs);
    await remember({ filesHash });
    for (const warning of (await startedServers(status, signal)).warnings) warn(warning);
  } else if (isReloaded) {
    output.note(leftToWrapper);
  }
  return { record: memory.record, started, warnings };
}

function gitWarnings({ directory, engine, spec: { project } }: UpInputs): readonly string[] {
  if (engine.kind !== "docker" || project?.volume !== undefined) return [];
  return warnOfGitOutside(project?.bind ?? directory);
}

/** Returns the spec with a port: nobody who asks for no port is refused because a port is taken. */
async function withPort(
  { state }: CliContext,
  { spec, name, engine }: UpInputs,
  recorded: WorkspaceRecord | undefined,
  remember: Memory["remember"],
): Promise<WorkspaceSpec> {
  if (spec.api?.port !== undefined) {
    await remember({ port: undefined });
    return spec;
  }
  const port = await choosePort({ state, engine, name, recorded, reserve: (chosen) => remember({ port: chosen }) });
  return { ...spec, api: { ...spec.api, port } };
}

async function bringBackToken(state: WorkspaceDirectory, undo: Undo): Promise<void> {
  const before = await state.readToken();
  undo.defer("the API token", () => (before === undefined ? state.removeToken() : state.writeToken(before)));
}

/** Two agents that write the same files are seldom meant. */
async function warningsOfDirectory({ state }: CliContext, { name, directory }: UpInputs): Promise<string[]> {
  const others = (await workspacesOfDirectory(state, directory)).filter((record) => record.name !== name);
  return others.map(
    (other) => `workspace "${other.name}" has the same directory, ${directory}: both agents write the same files`,
  );
}

/** @throws WorkspaceError `GRANT_NOT_FOUND`, `GRANT_UNREADABLE`, `GRANT_REFUSED`, `GRANT_UNVERIFIED` */
async function grantsOf(
  context: CliContext,
  { spec, profile }: UpInputs,
  note: (warning: string) => void,
): Promise<ResolvedGrant[]> {
  if (spec.grants === undefined) return [];
  // Loaded now: most have none, and decrypting takes its time to load.
  const [{ openGrants }, { resolveGrants }] = await Promise.all([
    import("./grants/open-grants.ts"),
    import("./grants/resolve-grants.ts"),
  ]);
  const { env, signal } = context;
  return resolveGrants(spec, profile, { store: openGrants(context), env, signal, note });
}

/** How long `up` waits for MCP servers that are starting, so that it can say which of them failed. */
const serversDeadlineMs = 3_000;

async function startedServers(status: () => Promise<WorkspaceStatus>, signal: AbortSignal): Promise<WorkspaceStatus> {
  const deadline = performance.now() + serversDeadlineMs;
  for (;;) {
    const found = await status();
    const isStarting = found.mcpServers?.some((server) => server.status === "starting") === true;
    if (!isStarting || performance.now() > deadline) return found;
    await delay(100, undefined, { signal });
  }
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
async function requireSamePlace(
  { state }: CliContext,
  { name, directory, engine }: UpInputs,
  recorded: WorkspaceRecord | undefined,
): Promise<void> {
  if (recorded === undefined) return;
  if (!leadsTo(recorded.directory, directory, await state.projects())) {
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

/** Whether a recorded path is this directory. A link counts only where no agent can replace it. */
function leadsTo(path: string, directory: string, projects: readonly string[]): boolean {
  if (path === directory) return true;
  const { real, links } = wayTo(path);
  return real === directory && !links.some((link) => projects.some((project) => isInside(link, wayTo(project).real)));
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

/** @throws WorkspaceError `CONFIG_REFUSED`, `START_FAILED`, `START_TIMED_OUT`, with the last lines of the wrapper's log */
async function requireReady(
  context: CliContext,
  inputs: UpInputs,
  record: WorkspaceRecord,
  { whyStopped }: StartedWorkspace,
  client: WorkspaceClient,
  deadlineMs: number,
): Promise<void> {
  const { name, engine } = inputs;
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
  const refused = outcome.reason.includes("CONFIG_REFUSED") ? await refusedSetting(context, inputs) : undefined;
  if (refused !== undefined) throw refused;
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
