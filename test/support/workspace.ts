import { existsSync } from "node:fs";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { wrapperFlags, wrapperProgram } from "@codex-workspace/agent-wrapper/image";
import {
  configFiles,
  environmentNames,
  type Layout,
  parseSpec,
  planWorkspace,
  renderFiles,
  Secret,
  type WorkspacePlan,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import {
  type RunningScriptedModel,
  startScriptedModel,
  type ScriptedModelOptions,
} from "@codex-workspace/scripted-model";
import { codexBinary } from "./codex.ts";
import { freePort } from "./free-port.ts";
import { WorkspaceHttp } from "./workspace-http.ts";

export const token = "test-token-0123456789";

export const authorized = { authorization: `Bearer ${token}` };

export interface WorkspaceOptions {
  readonly model?: ScriptedModelOptions;
  /** @default - the pinned Codex */
  readonly codexProgram?: string;
  /** What the wrapper's Node is given before its program. */
  readonly nodeArguments?: readonly string[];
  /** Variables of the wrapper's environment, in addition to those that it needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A real wrapper with a real Codex, as processes of one user; only the model is scripted. It is made stopped, so that a
 * test can prepare its directory.
 */
export class TestWorkspace extends WorkspaceHttp implements AsyncDisposable {
  readonly directory: string;
  readonly layout: Layout;
  readonly model: RunningScriptedModel;
  /** Lines of the wrapper's log. */
  readonly log: Record<string, unknown>[] = [];
  readonly #nodeArguments: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;

  private constructor(
    directory: string,
    layout: Layout,
    model: RunningScriptedModel,
    { nodeArguments = [], environment = {} }: WorkspaceOptions,
  ) {
    super(`http://127.0.0.1:${layout.listen.port}`, token);
    this.directory = directory;
    this.layout = layout;
    this.model = model;
    this.#nodeArguments = nodeArguments;
    this.#environment = environment;
  }

  static async create(options: WorkspaceOptions = {}): Promise<TestWorkspace> {
    const { model, codexProgram = codexBinary() } = options;
    // Not below /tmp, which Codex's sandbox lets commands write to.
    const directory = await mkdtemp("/var/tmp/codex-workspace-");
    const layout: Layout = {
      users: "single",
      workdir: join(directory, "project"),
      codexHome: join(directory, "codex"),
      terminalHome: join(directory, "terminal"),
      state: join(directory, "state"),
      uploads: join(directory, "uploads"),
      caBundle: join(directory, "ca-certificates.pem"),
      codexProgram,
      listen: { host: "127.0.0.1", port: await freePort() },
    };
    return new TestWorkspace(directory, layout, await startScriptedModel(model), options);
  }

  /** Created and started with a spec, and ready. */
  static async start(spec: WorkspaceSpec = {}, options: WorkspaceOptions = {}): Promise<TestWorkspace> {
    const workspace = await TestWorkspace.create(options);
    try {
      await workspace.start(spec);
      await workspace.ready();
      return workspace;
    } catch (error) {
      await workspace[Symbol.asyncDispose]();
      throw error;
    }
  }

  get #config(): string {
    return join(this.directory, "config");
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error("the wrapper does not run");
    return this.#process.pid;
  }

  /** Provisions the directory for a spec; what the wrapper will say is in force. */
  async provision(spec: WorkspaceSpec, layout: Layout = this.layout): Promise<string> {
    const { files, configHash } = renderFiles(this.#plan(spec), layout);
    for (const { path, content, mode } of files) {
      const file = join(this.#config, path);
      await mkdir(dirname(file), { recursive: true });
      await rm(file, { force: true });
      await writeFile(file, typeof content === "string" ? content : content.reveal(), { mode });
    }
    return configHash;
  }

  /** Provisions the directory for a spec and starts the wrapper; does not wait until it is ready. */
  async start(spec: WorkspaceSpec = {}, layout: Layout = this.layout): Promise<void> {
    await this.provision(spec, layout);
    // Codex makes no sandbox helper when its home lies below the temporary directory, and then no command can run.
    const temporary = join(this.directory, "tmp");
    await mkdir(temporary, { recursive: true });
    const child = spawn(process.execPath, [...wrapperFlags, ...this.#nodeArguments, wrapperProgram()], {
      env: {
        ...this.#environment,
        PATH: process.env["PATH"],
        HOME: this.directory,
        TMPDIR: temporary,
        [environmentNames.config]: this.#config,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.log.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  /** Puts the tokens of a spec in the place of those in force, as `up` does while the wrapper runs. */
  async exchangeTokens(spec: WorkspaceSpec): Promise<void> {
    const { files } = renderFiles(this.#plan(spec), this.layout);
    await this.writeTokens(String(files.find(({ path }) => path === configFiles.tokens)?.content));
  }

  async writeTokens(text: string): Promise<void> {
    const file = join(this.#config, configFiles.tokens);
    await writeFile(`${file}.new`, text, { mode: 0o400 });
    await rename(`${file}.new`, file);
  }

  /** The exit code of a wrapper that ends by itself. */
  async exitCode(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    return ((await once(child, "exit")) as [number | null])[0];
  }

  /** Whether a command of the agent can make this file. The file tells it, not what the command says. */
  async mayWrite(path: string): Promise<boolean> {
    const file = resolve(this.layout.workdir, path);
    await this.ask(`#model: run touch ${file}`);
    return existsSync(file);
  }

  /** Ends the wrapper as an orchestrator would: how, and after how many milliseconds. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<{ code: number | null; ms: number }> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return { code: null, ms: 0 };
    const began = performance.now();
    const exited = once(child, "exit") as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await exited;
    return { code, ms: performance.now() - began };
  }

  #plan(spec: WorkspaceSpec): WorkspacePlan {
    return planWorkspace(parseSpec({ workdir: this.layout.workdir, ...spec }), {
      name: "test",
      resolveSecret: ({ ...reference }) => secretOf(reference),
      generatedToken: new Secret(token),
      ...(spec.modelProvider === undefined && { demoModelUrl: this.model.url }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await this.stop();
    await this.model[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The value of a secret that a test's spec names: no variable and no file is read. */
export function secretOf(reference: object): Secret {
  return new Secret(`value-of-${Object.values(reference).join("")}`);
}

export { until } from "./workspace-http.ts";
