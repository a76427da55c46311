import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  environmentNames,
  fixedSettings,
  localLayout,
  renderFiles,
  type RenderedFile,
  volatileDirectory,
  WorkspaceError,
} from "@codex-workspace/core";
import { wrapperFlags, wrapperProgram } from "@codex-workspace/agent-wrapper/image";
import { hasBubblewrap } from "../../is-on-path.ts";
import { isPortFree, listeningProcess, portTaken } from "../../port-owner.ts";
import { isAlive } from "../../process-identity.ts";
import { showLogLines } from "../../show-log.ts";
import type { ProcessRecord, State, WorkspaceRecord } from "../../state.ts";
import type {
  DownReport,
  Engine,
  LogOptions,
  PortUse,
  Service,
  StartedWorkspace,
  UpRequest,
  UpRun,
  WorkspaceChange,
  WorkspaceState,
} from "../engine.ts";
import { listeningPort } from "../listening-port.ts";
import {
  hashOfFiles,
  hashOfTokens,
  hashParts,
  isSamePlan,
  tokensAmong,
  whyReloaded,
  whyReplaced,
  type WorkspaceHashes,
} from "../what-changed.ts";
import { withoutProjectPrograms } from "../../project-programs.ts";
import { requireCodexProgram } from "./codex-program.ts";
import { writeConfiguration, writeFiles } from "./config-directory.ts";
import { startDemoModel } from "./demo-model.ts";
import { inheritedEnvironment } from "./environment.ts";
import { followFile } from "./follow-file.ts";
import { FormerFiles } from "./former-files.ts";
import { localWarnings, nothingIsolated } from "./nothing-isolated.ts";
import { planProcesses, requireApplicable } from "./plan.ts";
import { killByCodexHome, startDetached, stopProcess } from "./processes.ts";
import { requireLastingPlace } from "./require-lasting-place.ts";

export interface LocalEngineOptions {
  readonly state: State;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The wrapper interrupts a turn and ends Codex within this. */
const stopGraceMs = 10_000;
const listenDeadlineMs = 20_000;

/** Workspaces as processes of this machine and this user, each with a CODEX_HOME of its own. */
export class LocalEngine implements Engine {
  readonly kind = "local";
  readonly #state: State;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor({ state, env }: LocalEngineOptions) {
    this.#state = state;
    this.#env = env;
  }

  requireAvailable(): Promise<void> {
    return Promise.resolve();
  }

  async up(request: UpRequest, run: UpRun): Promise<StartedWorkspace> {
    requireApplicable(request.spec, request);
    run.output.note(`the local engine isolates nothing: ${nothingIsolated}`);
    const recorded = request.recorded?.processes ?? {};
    const shell = withoutProjectPrograms(this.#env, { cwd: request.directory, projects: [request.directory] });
    const env = inheritedEnvironment(shell);
    const { path: directory } = run.state;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await requireLastingPlace(directory);

    const demoModelUrl = request.useDemoModel ? await this.#demoModel(request, run, env) : undefined;
    const plan = planProcesses({ ...request, grants: await request.resolveGrants() }, demoModelUrl);
    const codexProgram = await requireCodexProgram({
      version: plan.codexVersion,
      install: plan.installCodex,
      cache: this.#state.codexCache,
      env: shell,
      signal: run.signal,
      note: (text) => run.output.note(text),
    });
    const rendered = renderFiles(plan, localLayout(plan, { directory, codexProgram }));
    const program = wrapperProgram();
    const parts = {
      ...fixedSettings(rendered.wrapper),
      wrapper: await readProgram(program),
      "demo-model": request.useDemoModel,
    };
    const common = {
      token: plan.api.tokens[0]?.token,
      configHash: rendered.configHash,
      codexVersion: plan.codexVersion,
      modelUrl: plan.model.baseUrl,
      planHash: hashParts(parts),
      filesHash: hashOfFiles(rendered.files),
      tokensHash: hashOfTokens(rendered.files),
      warnings: [...localWarnings(process.getuid?.() === 0, await hasBubblewrap(shell)), ...plan.warnings],
    };

    const running = await aliveOrNothing(recorded.workspace);
    const { planHash, url: formerUrl } = request.recorded ?? {};
    if (running !== undefined && isSamePlan(planHash, common.planHash) && formerUrl !== undefined) {
      const change = await update(rendered.files, common, request, run);
      return { ...common, change, url: formerUrl, ...running, settle: () => Promise.resolve() };
    }
    const use = await this.portUse(plan.api.port, request.recorded);
    if (use !== undefined) throw portTaken(plan.api.port, use.owner);
    run.signal.throwIfAborted();

    const former = new FormerFiles(directory);
    if (running !== undefined && request.recorded !== undefined) {
      const kept = plan.statePersistence ? "home and conversation stay" : "the project stays";
      run.output.note(`${whyReplaced(planHash, common.planHash)}: replacing the wrapper's process; ${kept}`);
      const { recorded: before } = request;
      run.undo.defer("the former process", () => this.#bringBack(before, former, { program, env }, run));
      await run.record({ planHash: undefined });
    } else {
      run.undo.defer("the former configuration", () => former.bringBack());
    }
    await this.#stop(recorded.workspace, directory);
    await former.setAside();
    run.signal.throwIfAborted();
    await writeConfiguration(join(directory, "config"), rendered.files);
    const started = await this.#startWrapper({ program, cwd: plan.workdir, env }, run);
    run.undo.defer(`process ${started.process.pid} (workspace)`, () => this.#stop(started.process, directory));
    const url = await waitUntilListening(started, run.signal);
    const change = running !== undefined ? "replaced" : request.recorded === undefined ? "created" : "started";
    const settle = async (): Promise<void> => {
      await former.discard();
      await this.#endDemoModel(request, run);
    };
    return { ...common, change, url, ...runningOf(started.process), settle };
  }

  async portUse(port: number, recorded: WorkspaceRecord | undefined): Promise<PortUse | undefined> {
    if (port === 0 || (await isPortFree(port))) return undefined;
    const isOwn = recorded?.url !== undefined && new URL(recorded.url).port === String(port);
    if (isOwn && (await this.state(recorded)) === "running") return undefined;
    return { owner: await listeningProcess(port) };
  }

  async down(record: WorkspaceRecord, { volumes }: { readonly volumes: boolean }): Promise<DownReport> {
    const { path: directory } = this.#state.workspace(record.name);
    const removed: string[] = [];
    for (const role of ["workspace", "demo-model"] as const) {
      const recorded = record.processes?.[role];
      if (recorded === undefined) continue;
      if (await isAlive(recorded)) removed.push(`process ${recorded.pid} (${role})`);
      await stopProcess(recorded, stopGraceMs);
    }
    await killByCodexHome(codexHomes(directory));
    await new FormerFiles(directory).discard();
    const [volatile, persistent] = [join(directory, volatileDirectory), join(directory, "wrapper")];
    if (existsSync(volatile)) removed.push("conversation and CODEX_HOME");
    await rm(volatile, { recursive: true, force: true });
    if (volumes) removed.push(`the state in ${directory}`);
    const kept = existsSync(persistent) && !volumes ? [`conversation and CODEX_HOME in ${directory}`] : [];
    return { removed, kept };
  }

  async state({ processes }: WorkspaceRecord): Promise<WorkspaceState> {
    if (processes?.workspace === undefined) return "down";
    return (await isAlive(processes.workspace)) ? "running" : "stopped";
  }

  /** Nothing is carried here. */
  services(): Promise<readonly Service[]> {
    return Promise.resolve(["workspace"]);
  }

  async *logs(
    record: WorkspaceRecord,
    { follow, tail, signal }: LogOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const file = wrapperLog(this.#state.workspace(record.name).path);
    const goesOn = async (): Promise<boolean> => follow !== undefined && !signal.aborted && (await follow());
    const from = tail === undefined ? 0 : await startOfLastLines(file, tail);
    yield* followFile(file, { from, goesOn });
  }

  /** The demo model of the workspace, started where it does not run already. */
  async #demoModel({ recorded }: UpRequest, run: UpRun, env: Readonly<Record<string, string>>): Promise<string> {
    const known = recorded?.processes?.["demo-model"];
    if (known !== undefined && recorded?.demoModelUrl !== undefined && (await isAlive(known))) {
      return recorded.demoModelUrl;
    }
    const demoModelUrl = await startDemoModel({
      directory: run.state.path,
      env,
      onStarted: async (started) => {
        run.undo.defer(`process ${started.pid} (demo-model)`, () => stopProcess(started, stopGraceMs));
        await run.record({ processes: { ...recorded?.processes, "demo-model": started } });
      },
    });
    await run.record({ demoModelUrl });
    return demoModelUrl;
  }

  /** Ends the demo model of an earlier `up`, where a real model answers now. */
  async #endDemoModel({ useDemoModel, recorded }: UpRequest, run: UpRun): Promise<void> {
    const known = recorded?.processes?.["demo-model"];
    if (useDemoModel || known === undefined) return;
    await stopProcess(known, stopGraceMs);
    const { processes } = (await run.state.read()) ?? {};
    await run.record({ processes: { ...(processes?.workspace && { workspace: processes.workspace }) } });
  }

  async #startWrapper({ program, cwd, env }: WrapperStart, run: UpRun): Promise<StartedWrapper> {
    const { path: directory } = run.state;
    const logFile = wrapperLog(directory);
    const logFrom = (await stat(logFile).catch(() => undefined))?.size ?? 0;
    const started = await startDetached({
      program: process.execPath,
      args: [...wrapperFlags, program],
      cwd,
      env: { ...env, [environmentNames.config]: join(directory, "config") },
      logFile,
    });
    const { processes } = (await run.state.read()) ?? {};
    await run.record({ processes: { ...processes, workspace: started } });
    return { process: started, logFile, logFrom };
  }

  /** Starts a process with the former configuration. */
  async #bringBack(
    { directory: cwd, processes, planHash, filesHash, tokensHash, configHash, codexVersion }: WorkspaceRecord,
    former: FormerFiles,
    start: Omit<WrapperStart, "cwd">,
    run: UpRun,
  ): Promise<void> {
    run.output.note("bringing the former process back");
    await this.#stop(processes?.workspace, run.state.path);
    await former.bringBack();
    const started = await this.#startWrapper({ ...start, cwd }, run);
    // The signal of the command may be why the replacement failed. A port that the system chose is another one now.
    const url = await waitUntilListening(started, new AbortController().signal);
    await run.record({ planHash, filesHash, tokensHash, configHash, codexVersion, url });
  }

  async #stop(recorded: ProcessRecord | undefined, directory: string): Promise<void> {
    if (recorded !== undefined) await stopProcess(recorded, stopGraceMs);
    await killByCodexHome(codexHomes(directory));
  }
}

interface WrapperStart {
  readonly program: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

interface StartedWrapper {
  readonly process: ProcessRecord;
  readonly logFile: string;
  /** Where the log of this start begins. */
  readonly logFrom: number;
}

async function aliveOrNothing(
  recorded: ProcessRecord | undefined,
): Promise<Pick<StartedWorkspace, "runs" | "whyStopped"> | undefined> {
  return recorded !== undefined && (await isAlive(recorded)) ? runningOf(recorded) : undefined;
}

function runningOf(recorded: ProcessRecord): Pick<StartedWorkspace, "runs" | "whyStopped"> {
  return {
    runs: { pid: recorded.pid },
    whyStopped: async () => ((await isAlive(recorded)) ? undefined : `the wrapper (process ${recorded.pid}) has ended`),
  };
}

/** Gives the running wrapper what has changed of the files that it reads again. */
async function update(
  files: readonly RenderedFile[],
  { filesHash, tokensHash }: WorkspaceHashes,
  { recorded }: UpRequest,
  { state, record, output }: UpRun,
): Promise<WorkspaceChange> {
  const directory = join(state.path, "config");
  if (recorded?.filesHash !== filesHash) {
    output.note(whyReloaded);
    await record({ filesHash: undefined });
    await writeConfiguration(directory, files);
    return "reloaded";
  }
  if (recorded.tokensHash === tokensHash) return "unchanged";
  await writeFiles(directory, tokensAmong(files));
  return "tokens";
}

/** The base URL, once the wrapper's log says where it listens: on that port, nobody else can be meant. */
async function waitUntilListening({ process, logFile, logFrom }: StartedWrapper, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(listenDeadlineMs)]);
  let said = "";
  const goesOn = async (): Promise<boolean> => !deadline.aborted && (await isAlive(process));
  for await (const chunk of followFile(logFile, { from: logFrom, goesOn })) {
    said += Buffer.from(chunk).toString("utf8");
    const port = listeningPort(said);
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  signal.throwIfAborted();
  const [, taken] = /EADDRINUSE[^\n]*?:(\d+)/.exec(said) ?? [];
  if (taken !== undefined) throw portTaken(Number(taken), await listeningProcess(Number(taken)));
  throw new WorkspaceError(["the wrapper did not start to listen", ...showLogLines(said).slice(-10)].join("\n  "), {
    code: "START_FAILED",
    remedy: `The whole log is ${logFile}.`,
  });
}

function readProgram(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new WorkspaceError(`the bundled wrapper is not at ${path}`, {
      code: "WRAPPER_NOT_BUILT",
      remedy: "Run `npm run build` in the checkout, or install the package again.",
      cause,
    });
  });
}

async function startOfLastLines(file: string, count: number): Promise<number> {
  const content = await readFile(file).catch(() => Buffer.alloc(0));
  const lines = content.toString("utf8").trimEnd().split("\n");
  return content.length - Buffer.byteLength(lines.slice(-count).join("\n")) - (content.length > 0 ? 1 : 0);
}

function wrapperLog(directory: string): string {
  return join(directory, "wrapper.log");
}

/** As localLayout has them. */
function codexHomes(directory: string): string[] {
  return [directory, join(directory, volatileDirectory)].flatMap((homes) => [
    join(homes, "codex-home"),
    join(homes, "terminal-home"),
  ]);
}
