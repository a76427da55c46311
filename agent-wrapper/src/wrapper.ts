import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AuditAction, Readiness, WorkspaceStatus } from "@codex-workspace/api";
import { configFiles, environmentNames, renderKeyPath, type TokenFile, WorkspaceError } from "@codex-workspace/core";
import type { Logger } from "pino";
import { isSilent } from "./codex/model-endpoint.ts";
import type { RunOnceOptions } from "./codex/run-once.ts";
import { probeSandbox, type SandboxProbe } from "./codex/sandbox-probe.ts";
import { endStragglers } from "./codex/stragglers.ts";
import { requireCodexVersion } from "./codex/version.ts";
import { applyBundle } from "./files/apply-bundle.ts";
import type { FileConflict } from "./files/apply-files.ts";
import { modelBaseUrl } from "./files/model-base-url.ts";
import type { Bundle } from "./files/read-bundle.ts";
import { requireRequirements } from "./files/requirements.ts";
import { Uploads } from "./files/uploads.ts";
import { prepareUsers, requireWritableProject, type Users } from "./files/users.ts";
import { Gate } from "./http/access/gate.ts";
import { Tokens } from "./http/access/tokens.ts";
import { createListener } from "./http/app.ts";
import { toSessionBody } from "./http/v1/session-body.ts";
import { type HttpServer, startHttpServer } from "./http/server.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { Deed } from "./session/audit-log.ts";
import { CodexHost } from "./session/codex-host.ts";
import { SessionTerminal } from "./session/session-terminal.ts";
import { SessionTerminals } from "./session/session-terminals.ts";
import type { Session } from "./session/session.ts";
import { mainSession, Sessions } from "./session/sessions.ts";
import { Store } from "./session/store.ts";
import { toThreadParams } from "./session/thread-settings.ts";
import { runStartScript } from "./start-script/run-start-script.ts";

export interface WrapperOptions {
  /** Of the configuration. */
  readonly directory: string;
  readonly bundle: Bundle;
  /** None where the API needs none. */
  readonly tokens: TokenFile["tokens"];
  readonly version: string;
  readonly logger: Logger;
  /** Takes known secrets out of what others wrote, before it goes anywhere; the logger does so by itself. */
  readonly redact: (text: string) => string;
  /** What Codex inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program that writes a CODEX_HOME as its owner. */
  readonly applyProgram: string;
  /** The files of the pages that it serves. */
  readonly webDirectory: string;
}

type StartScriptName = "preInstallScript" | "postInstallScript";

const probeDeadlineMs = 20_000;
/** How long the model's endpoint may take for a sign of life. */
const silenceMs = 10_000;
/** Together with Docker's own stop timeout: everything is closed within 10 s. */
const interruptMs = 3_000;
const exitMs = 4_000;

/** The whole program: files, Codex, session, HTTP. Stays up to tell why, when Codex cannot be started. */
export class Wrapper {
  readonly #options: WrapperOptions;
  readonly #store: Store;
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;
  readonly #run = randomUUID();
  readonly #stopping = new AbortController();
  /** Which of the spec's scripts runs. */
  #script: { readonly name: StartScriptName; readonly ended: Promise<void> } | undefined;
  #http: HttpServer | undefined;
  #host: CodexHost | undefined;
  #terminals: SessionTerminals | undefined;
  #sandbox: SandboxProbe | { readonly state: "probing" } = { state: "probing" };
  #conflicts: readonly FileConflict[] = [];
  #warnings: readonly string[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: WrapperOptions) {
    this.#options = options;
    const { config } = options.bundle;
    this.#tokens = new Tokens(join(options.directory, configFiles.tokens), options.tokens, options.logger);
    this.#store = new Store(join(config.paths.state, "wrapper.sqlite"), {
      log: (message, details) => options.logger.error(details, message),
    });
    this.#store.audit.on("entry", (entry) => options.logger.info({ audit: entry }, "audit"));
    if (!config.session.continue) this.#store.beginAnew(mainSession);
    const baseUrl = modelBaseUrl(options.bundle);
    this.#sessions = new Sessions({
      store: this.#store,
      initialPrompt: config.session.initialPrompt,
      threadParams: (own) => toThreadParams(config, own),
      approvalTimeoutMs: toMs(config.approvalTimeoutSeconds),
      hasTerminal: (session) => this.#terminals?.isRunning(session) ?? false,
      isModelSilent: () => isSilent(baseUrl, silenceMs),
      log: (message, details) => options.logger.warn(details, message),
    });
  }

  /** Settles when HTTP answers and Codex is on its way. Throws when the port or the directories cannot be had. */
  async start(): Promise<void> {
    const { bundle, logger } = this.#options;
    const { config } = bundle;
    const users = await prepareUsers(config);
    const host = this.#createHost(users);
    const sessions = this.#sessions;
    const terminals = new SessionTerminals((session) => this.#createTerminal(session, users, host));
    this.#host = host;
    this.#terminals = terminals;
    const gate = new Gate(config.api, () => this.#tokens.known);
    if (config.api.auth === "token") this.#tokens.watch(() => this.#tokensExchanged(gate));
    const metrics = new Metrics({ events: this.#store.events, sessions, host, streams: () => gate.streams });
    const listener = createListener({
      gate,
      metrics,
      sessions,
      store: this.#store,
      terminals,
      uploads: await Uploads.open(config.paths.uploads),
      origins: config.api.origins,
      webDirectory: this.#options.webDirectory,
      readiness: () => this.#readiness(),
      workspaceStatus: () => this.#workspaceStatus(),
      logger,
    });
    const terminalOf = (name: string): SessionTerminal | undefined => {
      const session = sessions.all.find((one) => one.name === name);
      return session === undefined ? undefined : terminals.of(session);
    };
    this.#http = await startHttpServer(listener, gate, terminalOf, config.api.listen);
    logger.info({ host: config.api.listen.host, port: this.#http.port, name: config.name }, "listening");
    this.#audit("wrapper/started", { version: this.#options.version });
    await this.#startCodex(users, host);
  }

  /** Interrupts politely, then ends everything. Called again, it waits for the same end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#tokens.close();
    this.#stopping.abort();
    await this.#script?.ended.catch(() => undefined);
    await Promise.all([this.#http?.close(), this.#sessions.close(interruptMs), this.#terminals?.stop()]);
    await this.#host?.stop(exitMs);
    await endStragglers(environmentNames.run, this.#run);
    this.#sessions.stopped();
    this.#audit("wrapper/stopped");
    this.#store.close();
  }

  #tokensExchanged(gate: Gate): void {
    gate.tokensChanged();
    this.#audit("tokens/exchanged", { tokens: this.#tokens.known.map(({ name }) => name) });
  }

  #audit(action: AuditAction, details: Deed["details"] = {}): void {
    this.#store.audit.append({ actor: "system", action, details });
  }

  async #startCodex(users: Users, host: CodexHost): Promise<void> {
    const { bundle, logger, applyProgram } = this.#options;
    const { codex, paths } = bundle.config;
    const runOptions = {
      runAs: users.codex,
      cwd: paths.workdir,
      env: this.#codexEnvironment(),
      deadlineMs: probeDeadlineMs,
    };
    try {
      await this.#runScript("preInstallScript", users);
      const [applied, warnings] = await Promise.all([
        applyBundle(bundle, users, applyProgram),
        requireWritableProject(bundle.config, users),
        requireRequirements(bundle),
        requireCodexVersion(codex.program, codex.version, runOptions),
      ]);
      this.#audit("configuration/applied", { hash: bundle.config.configHash, conflicts: applied.conflicts.length });
      this.#conflicts = applied.conflicts;
      this.#warnings = [...warnings, ...applied.warnings];
      for (const { file, path } of applied.conflicts)
        logger.warn({ file, key: renderKeyPath(path) }, "a setting was changed on both sides");
      await this.#runScript("postInstallScript", users);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      // The process stays up: whoever asks is told, and finds files and conversation as they were.
      const known = error instanceof WorkspaceError;
      if (!known) logger.error({ err: error }, "Codex is not started");
      this.#sessions.fail(known ? inWords(error) : "an unexpected error kept Codex from being started: see the log");
      return;
    }
    if (this.#stopping.signal.aborted) return;
    // Not beside app-server's start: a Codex that starts clears away the sandbox helper of one that is just making its own.
    host.once("ready", () => void this.#probeSandbox(runOptions));
    host.start();
  }

  /** One of the spec's scripts, where it has it: as Codex's user and with its environment, but not the model key. */
  async #runScript(name: StartScriptName, users: Users): Promise<void> {
    const { bundle, logger } = this.#options;
    const { paths } = bundle.config;
    const file = join(paths.state, "logs", `${configFiles[name]}.log`);
    const script = bundle[name];
    if (script === undefined) {
      await rm(file, { force: true });
      return;
    }
    logger.info({ component: name }, "starts");
    const ended = runStartScript(script, {
      name,
      runAs: users.codex,
      cwd: paths.workdir,
      env: { ...this.#codexEnvironment(), ...this.#secretEnvironment() },
      output: { file, redact: this.#options.redact, onLine: (line) => logger.info({ component: name }, line) },
      signal: this.#stopping.signal,
      graceMs: exitMs,
    });
    this.#script = { name, ended };
    try {
      await ended;
      logger.info({ component: name }, "has ended");
    } finally {
      this.#script = undefined;
    }
  }

  async #probeSandbox(options: RunOnceOptions): Promise<void> {
    const { bundle, logger } = this.#options;
    const probe = await probeSandbox(bundle.config.codex.program, options);
    this.#sandbox = probe;
    if (probe.state === "blocked") logger.warn({ reason: probe.reason }, "Codex's sandbox is blocked here");
    else logger.info("Codex's sandbox works");
  }

  #createHost(users: Users): CodexHost {
    const { bundle, logger, redact, version } = this.#options;
    const { codex, paths } = bundle.config;
    const host = new CodexHost(
      {
        program: codex.program,
        runAs: users.codex,
        cwd: paths.workdir,
        overrides: codex.overrides,
        env: {
          ...this.#codexEnvironment(),
          ...this.#secretEnvironment(),
          ...(bundle.modelKey !== undefined && { [environmentNames.modelKey]: bundle.modelKey.reveal() }),
        },
        onLine: (line) => logger.debug({ component: "codex" }, line),
      },
      version,
    );
    host.on("ready", (connection) => void this.#sessions.attach(connection));
    host.on("lost", (how) => {
      logger.warn({ how }, "app-server went away");
      this.#sessions.detach();
    });
    host.on("failed", (reason) => this.#sessions.fail(redact(reason)));
    host.on("unreadable", (what, error) => logger.warn({ what, err: error }, "Codex said something unreadable"));
    host.on("request", (request, connection) => this.#sessions.requested(request, connection));
    host.on("notification", (notification) => this.#sessions.notified(notification));
    return host;
  }

  #createTerminal(session: Session, users: Users, host: CodexHost): SessionTerminal {
    const { codex, paths, users: separation } = this.#options.bundle.config;
    const options = {
      program: codex.program,
      runAs: users.terminal,
      cwd: paths.workdir,
      env: {
        ...this.#options.environment,
        ...(separation === "separate" && { HOME: dirname(paths.terminalHome), USER: "terminal", LOGNAME: "terminal" }),
        CODEX_HOME: paths.terminalHome,
        TERM: "xterm-256color",
      },
      tokenVariable: environmentNames.remoteToken,
    };
    return new SessionTerminal(session, host, options, this.#store.audit);
  }

  #codexEnvironment(): Record<string, string> {
    const { codex, paths, users } = this.#options.bundle.config;
    return {
      ...this.#options.environment,
      ...codex.env,
      ...(users === "separate" && { HOME: dirname(paths.codexHome), USER: "codex", LOGNAME: "codex" }),
      CODEX_HOME: paths.codexHome,
      [environmentNames.run]: this.#run,
    };
  }

  #secretEnvironment(): Record<string, string> {
    const secrets = Object.entries(this.#options.bundle.secretEnvironment);
    return Object.fromEntries(secrets.map(([name, secret]) => [name, secret.reveal()]));
  }

  #readiness(): Readiness {
    const { status, problem } = this.#sessions.main;
    if (status === "error") return { ready: false, state: "failed", reason: problem ?? "unknown" };
    if (this.#script !== undefined)
      return { ready: false, state: "starting", reason: `${this.#script.name} is running` };
    if (status === "starting" || status === "stopped")
      return { ready: false, state: "starting", reason: `the session is ${status}` };
    return { ready: true, state: "ready" };
  }

  #workspaceStatus(): WorkspaceStatus {
    const { config } = this.#options.bundle;
    const { status, problem, since, threadId, turn, lastTurn, queue, usage } = toSessionBody(this.#sessions.main);
    return {
      name: config.name,
      status,
      ...(problem !== undefined && { problem }),
      since,
      ...(threadId !== undefined && { threadId }),
      ...(turn !== undefined && { turn }),
      ...(lastTurn !== undefined && { lastTurn }),
      queue,
      ...(usage !== undefined && { usage }),
      sessions: this.#sessions.all.map((session) => ({ name: session.name, status: session.status })),
      codexVersion: config.codex.version,
      sandbox: this.#sandbox,
      configHash: config.configHash,
      configConflicts: this.#conflicts.map(({ path, ...conflict }) => ({ key: renderKeyPath(path), ...conflict })),
      users: config.users,
      warnings: [...this.#warnings],
    };
  }
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The first line says what and where; below it some errors show the text in question, which may hold a secret. */
function inWords({ message, remedy }: WorkspaceError): string {
  return `${message.split("\n")[0] ?? message}. ${remedy}`;
}
