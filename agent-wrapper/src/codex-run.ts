import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  appServerGitEnvironment,
  configFiles,
  environmentNames,
  renderKeyPath,
  type WrapperConfig,
} from "@codex-workspace/core";
import type { Logger } from "pino";
import { configRefusal } from "./codex/config-refusal.ts";
import type { RunOnceOptions } from "./codex/run-once.ts";
import { probeSandbox, type SandboxProbe } from "./codex/sandbox-probe.ts";
import { requireCodexVersion } from "./codex/version.ts";
import { applyBundle } from "./files/apply-bundle.ts";
import type { FileConflict } from "./files/apply-files.ts";
import { caEnvironment, writeCaBundle } from "./files/ca-bundle.ts";
import type { Bundle } from "./files/read-bundle.ts";
import { requireRequirements } from "./files/requirements.ts";
import { requireWritableProject, type Users } from "./files/users.ts";
import type { Redactor } from "./redact.ts";
import { CodexHost } from "./session/codex-host.ts";
import { runStartScript } from "./start-script/run-start-script.ts";

export interface CodexRunOptions {
  readonly bundle: Bundle;
  readonly users: Users;
  /** What Codex inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names this run of the wrapper, in the environment of all that it starts. */
  readonly wrapperRun: string;
  /** The program that writes a CODEX_HOME as its owner. */
  readonly applyProgram: string;
  /** Of the wrapper. */
  readonly version: string;
  readonly logger: Logger;
  readonly redactor: Redactor;
  /** Ends a start script. */
  readonly signal: AbortSignal;
}

type StartScriptName = "preInstallScript" | "postInstallScript";

const probeDeadlineMs = 20_000;
/** Together with Docker's own stop timeout: everything is closed within 10 s. */
const exitMs = 4_000;

/** Codex under one configuration: its files, its start scripts, its app-server. */
export class CodexRun {
  readonly bundle: Bundle;
  readonly host: CodexHost;
  readonly #options: CodexRunOptions;
  readonly #givenUp = new AbortController();
  #isPreparing = false;
  #prepared: Promise<void> = Promise.resolve();
  #probed: Promise<void> | undefined;
  #script: StartScriptName | undefined;
  #sandbox: SandboxProbe | { readonly state: "probing" } = { state: "probing" };
  #conflicts: readonly FileConflict[] = [];
  #warnings: readonly string[] = [];

  constructor(options: CodexRunOptions) {
    const { bundle, users, version, logger } = options;
    const { modelKey } = bundle;
    const { codex, paths } = bundle.config;
    this.#options = options;
    this.bundle = bundle;
    this.host = new CodexHost(
      {
        program: codex.program,
        runAs: users.codex,
        cwd: paths.workdir,
        overrides: codex.overrides,
        env: {
          ...this.#environment(),
          ...this.#secretEnvironment(),
          ...appServerGitEnvironment,
          ...(modelKey !== undefined && { [environmentNames.modelKey]: modelKey.reveal() }),
        },
        onLine: (line) => logger.debug({ component: "codex" }, line),
      },
      version,
    );
  }

  get config(): WrapperConfig {
    return this.bundle.config;
  }

  /** Which of the spec's scripts runs. */
  get script(): StartScriptName | undefined {
    return this.#script;
  }

  /** Whether Codex's own sandbox works here. */
  get sandbox(): SandboxProbe | { readonly state: "probing" } {
    return this.#sandbox;
  }

  /** Settings that were changed on both sides. */
  get conflicts(): readonly FileConflict[] {
    return this.#conflicts;
  }

  /** What a person should know, each a sentence. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /**
   * All that app-server needs: start scripts and files.
   *
   * @throws WorkspaceError `CODEX_MISSING`, `CODEX_VERSION_MISMATCH`, `MARKER_BROKEN`, `PROJECT_NOT_WRITABLE`,
   * `REQUIREMENTS_NOT_IN_FORCE`, `START_SCRIPT_FAILED`, `TOML_INVALID`
   */
  prepare(): Promise<void> {
    this.#isPreparing = true;
    this.#prepared = this.#prepare().finally(() => (this.#isPreparing = false));
    return this.#prepared;
  }

  /** Ends the start script that runs; a preparation that is under way fails with `reason`. */
  giveUp(reason: unknown): void {
    if (this.#isPreparing) this.#givenUp.abort(reason);
  }

  /** Settles, without an error, when nothing is being prepared. */
  get prepared(): Promise<void> {
    return this.#prepared.catch(() => undefined);
  }

  /** Puts back what it wrote, after another configuration's files. */
  async restoreFiles(): Promise<void> {
    const { bundle, environment, logger } = this.#options;
    try {
      await writeCaBundle(bundle, environment);
      await this.#writeFiles();
    } catch (error) {
      logger.warn({ err: error }, "the files of the configuration in force could not be put back");
    }
  }

  /**
   * Whether Codex's own sandbox works here, found out once. Not beside app-server's start: a Codex that starts clears away
   * the sandbox helper of one that is just making its own.
   */
  probeSandbox(): Promise<void> {
    this.#probed ??= this.#probeSandbox();
    return this.#probed;
  }

  /** Why Codex refuses its configuration; undefined where it takes it. */
  configRefusal(): Promise<string | undefined> {
    return configRefusal(this.config.codex.program, this.#runOptions());
  }

  /** Ends app-server and what it started; nothing is told any more. */
  async stop(): Promise<void> {
    await this.prepared;
    this.host.removeAllListeners();
    await this.host.stop(exitMs);
  }

  async #prepare(): Promise<void> {
    const { bundle, users, environment } = this.#options;
    const { codex } = this.config;
    await writeCaBundle(bundle, environment);
    await this.#runScript("preInstallScript");
    const [warnings] = await Promise.all([
      requireWritableProject(this.config, users),
      requireRequirements(bundle),
      requireCodexVersion(codex.program, codex.version, this.#runOptions()),
      this.#writeFiles(),
    ]);
    this.#warnings = [...warnings, ...this.#warnings];
    await this.#runScript("postInstallScript");
  }

  async #writeFiles(): Promise<void> {
    const { bundle, users, applyProgram, logger } = this.#options;
    const { conflicts, warnings } = await applyBundle(bundle, users, applyProgram);
    this.#conflicts = conflicts;
    this.#warnings = warnings;
    for (const { file, path } of conflicts)
      logger.warn({ file, key: renderKeyPath(path) }, "a setting was changed on both sides");
  }

  /** One of the spec's scripts, where it has it: as Codex's user and with its environment, but not the model key. */
  async #runScript(name: StartScriptName): Promise<void> {
    const { bundle, users, logger, redactor, signal } = this.#options;
    const { paths } = this.config;
    const file = join(paths.state, "logs", `${configFiles[name]}.log`);
    const script = bundle[name];
    if (script === undefined) {
      await rm(file, { force: true });
      return;
    }
    logger.info({ component: name }, "starts");
    this.#script = name;
    try {
      await runStartScript(script, {
        name,
        runAs: users.codex,
        cwd: paths.workdir,
        env: { ...this.#environment(), ...this.#secretEnvironment() },
        output: { file, redact: redactor.redact, onLine: (line) => logger.info({ component: name }, line) },
        signal: AbortSignal.any([signal, this.#givenUp.signal]),
        graceMs: exitMs,
      });
      logger.info({ component: name }, "has ended");
    } finally {
      this.#script = undefined;
    }
  }

  async #probeSandbox(): Promise<void> {
    const { logger } = this.#options;
    const probe = await probeSandbox(this.config.codex.program, this.#runOptions());
    this.#sandbox = probe;
    if (probe.state === "blocked") logger.warn({ reason: probe.reason }, "Codex's sandbox is blocked here");
    else logger.info("Codex's sandbox works");
  }

  #runOptions(): RunOnceOptions {
    const { paths } = this.config;
    const { users } = this.#options;
    return { runAs: users.codex, cwd: paths.workdir, env: this.#environment(), deadlineMs: probeDeadlineMs };
  }

  #environment(): Record<string, string> {
    const { bundle, environment, wrapperRun } = this.#options;
    const { codex, paths, users } = this.config;
    return {
      ...environment,
      ...caEnvironment(bundle),
      ...codex.env,
      ...(users === "separate" && { HOME: dirname(paths.codexHome), USER: "codex", LOGNAME: "codex" }),
      CODEX_HOME: paths.codexHome,
      [environmentNames.run]: wrapperRun,
    };
  }

  #secretEnvironment(): Record<string, string> {
    const secrets = Object.entries(this.bundle.secretEnvironment);
    return Object.fromEntries(secrets.map(([name, secret]) => [name, secret.reveal()]));
  }
}
