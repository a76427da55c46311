import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditAction, Readiness, TokensToday, WorkspaceStatus } from "@codex-workspace/api";
import { configFiles, environmentNames, renderKeyPath, type TokenFile, WorkspaceError } from "@codex-workspace/core";
import type { Logger } from "pino";
import { CodexRun } from "./codex-run.ts";
import { isSilent } from "./codex/model-endpoint.ts";
import { endStragglers } from "./codex/stragglers.ts";
import { noContacts } from "./codex/no-contacts.ts";
import { modelBaseUrl } from "./files/model-base-url.ts";
import { type Bundle, secretsOf } from "./files/read-bundle.ts";
import { Uploads } from "./files/uploads.ts";
import type { Users } from "./files/users.ts";
import { firstLine } from "./first-line.ts";
import { Gate } from "./http/access/gate.ts";
import { Tokens } from "./http/access/tokens.ts";
import { createListener } from "./http/listener.ts";
import { toSessionBody } from "./http/v1/session-body.ts";
import { type HttpServer, startHttpServer } from "./http/server.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { Redactor } from "./redact.ts";
import { type Relays, startRelays } from "./relay/relay.ts";
import { type ApplyOptions, Reload } from "./reload.ts";
import type { Deed } from "./session/audit-log.ts";
import { toPromptQuota } from "./session/prompt-quota.ts";
import { SessionTerminal } from "./session/session-terminal.ts";
import { SessionTerminals } from "./session/session-terminals.ts";
import type { Session } from "./session/session.ts";
import { mainSession, Sessions } from "./session/sessions.ts";
import { Store } from "./session/store.ts";
import { toThreadParams } from "./session/thread-settings.ts";
import { TokenBudget } from "./session/token-budget.ts";

export interface WrapperOptions {
  /** Of the configuration. */
  readonly directory: string;
  readonly bundle: Bundle;
  readonly users: Users;
  /** None where the API needs none. */
  readonly tokens: TokenFile["tokens"];
  readonly version: string;
  readonly logger: Logger;
  /** Of the logger; knows each configuration's secrets. */
  readonly redactor: Redactor;
  /** What Codex inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** The program that writes a CODEX_HOME as its owner. */
  readonly applyProgram: string;
  /** The files of the pages that it serves. */
  readonly webDirectory: string;
}

/** How long a turn has to end when it is interrupted at the end. */
const interruptMs = 3_000;
/** How long the model's endpoint may take for a sign of life. */
const silenceMs = 10_000;
/** How long after a start that an unforeseen error ended there is another one. */
const firstRetryMs = 250;
const longestRetryMs = 10_000;
/** As long as the pauses are no longer, it is a start that takes its time. */
const silentRetryMs = 500;

/** The whole program: files, Codex, session, HTTP. Stays up to tell why, when Codex cannot be started. */
export class Wrapper {
  readonly #options: WrapperOptions;
  readonly #store: Store;
  readonly #budget: TokenBudget;
  readonly #sessions: Sessions;
  readonly #terminals: SessionTerminals;
  readonly #tokens: Tokens;
  readonly #id = randomUUID();
  readonly #stopping = new AbortController();
  readonly #reload: Reload;
  /** Tells of each app-server that is there. */
  readonly #appServers = new EventEmitter<{ ready: [] }>();
  /** Codex under the configuration in force, and under the one that is to be. */
  #run: CodexRun;
  #next: CodexRun | undefined;
  #http: HttpServer | undefined;
  #relays: Relays | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: WrapperOptions) {
    const { bundle, directory, tokens, logger } = options;
    const { config } = bundle;
    this.#options = options;
    this.#tokens = new Tokens(join(directory, configFiles.tokens), tokens, logger);
    this.#run = this.#createRun(bundle);
    this.#store = new Store(join(config.paths.state, "wrapper.sqlite"), {
      promptQuota: toPromptQuota(config.api.limits),
      log: (message, details) => logger.error(details, message),
    });
    this.#store.audit.on("entry", (entry) => logger.info({ audit: entry }, "audit"));
    if (!config.session.continue) this.#store.beginAnew(mainSession);
    this.#budget = new TokenBudget({
      store: this.#store.tokens,
      perDay: () => this.#run.config.modelLimits.tokensPerDay,
      renewed: () => this.#sessions.goOn(),
      log: (message, details) => logger.warn(details, message),
    });
    this.#sessions = new Sessions({
      store: this.#store,
      initialPrompt: config.session.initialPrompt,
      threadParams: (own) => toThreadParams(this.#run.bundle, own),
      maxSessions: config.api.limits.sessions,
      approvalTimeoutMs: () => toMs(this.#run.config.approvalTimeoutSeconds),
      budget: this.#budget,
      hasTerminal: (session) => this.#terminals.isRunning(session),
      redact: options.redactor.redact,
      isModelSilent: () => isSilent(modelBaseUrl(this.#run.bundle), silenceMs),
      modelHost: () => new URL(modelBaseUrl(this.#run.bundle)).host,
      log: (message, details) => logger.warn(details, message),
    });
    this.#terminals = new SessionTerminals((session) => this.#createTerminal(session));
    this.#reload = new Reload({
      directory,
      sessions: this.#sessions,
      store: this.#store,
      logger,
      inForce: () => this.#run.bundle,
      apply: (next, options) => this.#apply(next, options),
    });
  }

  /** Settles when HTTP answers and Codex is on its way. Throws when the port cannot be had. */
  async start(): Promise<void> {
    const { bundle, logger, webDirectory } = this.#options;
    const { config } = bundle;
    const [sessions, terminals] = [this.#sessions, this.#terminals];
    const gate = new Gate(config.api, () => this.#tokens.known);
    if (config.api.auth === "token") this.#tokens.watch(() => this.#tokensExchanged(gate));
    const appServers = this.#appServers;
    const metrics = new Metrics({
      events: this.#store.events,
      sessions,
      appServers,
      budget: this.#budget,
      streams: () => gate.streams,
    });
    const listener = createListener({
      gate,
      metrics,
      sessions,
      store: this.#store,
      terminals,
      uploads: await Uploads.open(config.paths.uploads, config.api.limits.allUploadsMiB * 1024 ** 2),
      limits: config.api.limits,
      origins: config.api.origins,
      webDirectory,
      readiness: () => this.#readiness(),
      workspaceStatus: () => this.#workspaceStatus(),
      logger,
    });
    const terminalOf = (name: string): SessionTerminal | undefined => {
      const session = sessions.all.find((one) => one.name === name);
      return session === undefined ? undefined : terminals.of(session);
    };
    this.#http = await startHttpServer(listener, gate, terminalOf, { ...config.api, logger });
    this.#relays = await startRelays(config.relays);
    // Whoever has started us waits for this line, so no `logLevel` leaves it out.
    const always = logger.child({}, { level: "info" });
    always.info({ host: config.api.listen.host, port: this.#http.port, name: config.name }, "listening");
    this.#audit("wrapper/started", { version: this.#options.version });
    // Before Codex starts: a start script that hangs must not keep a configuration without it from being applied.
    this.#reload.watch();
    await this.#startCodex();
  }

  /** Interrupts politely, then ends everything. Called again, it waits for the same end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#tokens.close();
    this.#stopping.abort();
    await this.#reload.close();
    await Promise.all([this.#http?.close(), this.#sessions.close(interruptMs), this.#terminals.stop()]);
    await this.#run.stop();
    await this.#relays?.close();
    await endStragglers(environmentNames.run, this.#id);
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

  /** Codex under the configuration in force, or the reason why not; tried again where that may pass by itself. */
  async #startCodex(retryMs = firstRetryMs, prepared = this.#run.prepare()): Promise<void> {
    const run = this.#run;
    const { signal } = this.#stopping;
    try {
      await prepared;
      if (!signal.aborted) this.#begin(run);
    } catch (error) {
      if (signal.aborted) return;
      // The process stays up: whoever asks is told, and finds files and conversation as they were.
      if (error instanceof WorkspaceError) {
        this.#sessions.fail(inWords(error));
        return;
      }
      // Such as a full disk, where somebody makes room: for a moment, or when it is told.
      this.#options.logger.error({ err: error, retryMs }, "Codex is not started");
      if (retryMs > silentRetryMs)
        this.#sessions.fail("an unexpected error keeps Codex from being started: see the log");
      void this.#startLater(run, retryMs);
    }
  }

  async #startLater(run: CodexRun, afterMs: number): Promise<void> {
    do {
      await delay(afterMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      // A configuration that is about to replace this one needs no start of it.
    } while (this.#next !== undefined && !this.#stopping.signal.aborted);
    if (this.#run === run && !this.#stopping.signal.aborted)
      await this.#startCodex(Math.min(2 * afterMs, longestRetryMs));
  }

  /**
   * Puts another configuration in force. Until that is prepared and no session works, the former one is. After `prepareMs`
   * the former one ends in any case, and the rest is a start like the first one.
   */
  async #apply(bundle: Bundle, { signal, atRest, prepareMs }: ApplyOptions): Promise<void> {
    const { logger } = this.#options;
    const former = this.#run;
    const next = this.#createRun(bundle);
    this.#next = next;
    const giveUp = (): void => next.giveUp(signal.reason);
    signal.addEventListener("abort", giveUp);
    let preparing: Promise<void>;
    let isPrepared: boolean;
    try {
      // What still prepares a start needs no end: a script that hangs would hold the configuration that mends it.
      former.giveUp(new Error("another configuration replaces it"));
      await former.prepared;
      signal.throwIfAborted();
      preparing = next.prepare();
      isPrepared = await endsWithin(preparing, prepareMs);
      if (!isPrepared) logger.warn({ prepareMs }, "the current configuration ends before the next one is prepared");
      // A person at the terminal may have begun a turn meanwhile.
      await atRest(this.#stopping.signal);
      this.#stopping.signal.throwIfAborted();
      const { initialPrompt } = bundle.config.session;
      if (initialPrompt !== undefined) this.#sessions.main.prompts.addInitial(initialPrompt);
    } catch (error) {
      await former.restoreFiles();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#next = undefined;
    }
    await former.stop();
    this.#terminals.detach();
    this.#sessions.detach();
    this.#run = next;
    if (isPrepared) this.#begin(next);
    else void this.#startCodex(firstRetryMs, preparing);
  }

  /** Starts app-server, for whom the sessions are. */
  #begin(run: CodexRun): void {
    const { logger, redactor } = this.#options;
    const { host, config, conflicts } = run;
    logger.level = config.logLevel;
    this.#audit("configuration/applied", { hash: config.configHash, conflicts: conflicts.length });
    host.on("ready", (connection) => {
      this.#appServers.emit("ready");
      // What the probe takes, the threads would wait for.
      void this.#sessions.attach(connection).then(() => {
        this.#terminals.attach();
        return run.probeSandbox();
      });
    });
    host.on("lost", (how) => {
      logger.warn({ how }, "app-server went away");
      this.#terminals.detach();
      this.#sessions.detach();
    });
    host.on("failed", (reason) => {
      // What app-server lacks under its defaults is seldom what is wrong.
      void run.configRefusal().then((refusal) => {
        if (this.#run === run) this.#sessions.fail(redactor.redact(refusal ?? reason));
      });
    });
    host.on("unreadable", (what, error) => logger.warn({ what, err: error }, "Codex said something unreadable"));
    host.on("request", (request, connection) => this.#sessions.requested(request, connection));
    host.on("notification", (notification) => this.#sessions.notified(notification));
    host.start();
  }

  #createRun(bundle: Bundle): CodexRun {
    const { signal } = this.#stopping;
    this.#options.redactor.add(secretsOf(bundle));
    return new CodexRun({ ...this.#options, bundle, wrapperRun: this.#id, signal });
  }

  #createTerminal(session: Session): SessionTerminal {
    const { bundle, users, environment } = this.#options;
    const { codex, paths, users: separation } = bundle.config;
    const options = {
      program: codex.program,
      runAs: users.terminal,
      // Where the project is its owner's alone, the terminal begins at home: what Codex does is done by the app-server.
      cwd: separation === "separate" && !mayEnter(paths.workdir) ? dirname(paths.terminalHome) : paths.workdir,
      env: {
        ...environment,
        ...(separation === "separate" && { HOME: dirname(paths.terminalHome), USER: "terminal", LOGNAME: "terminal" }),
        ...noContacts,
        CODEX_HOME: paths.terminalHome,
        TERM: "xterm-256color",
      },
      tokenVariable: environmentNames.remoteToken,
    };
    return new SessionTerminal(session, () => this.#run.host.address, options, this.#store.audit);
  }

  #readiness(): Readiness {
    const { status, problem } = this.#sessions.main;
    const { script } = this.#next ?? this.#run;
    if (status === "error") return { ready: false, state: "failed", reason: problem ?? "unknown" };
    if (script !== undefined) return { ready: false, state: "starting", reason: `${script} is running` };
    if (status === "starting" || status === "stopped")
      return { ready: false, state: "starting", reason: `the session is ${status}` };
    if (this.#reload.status?.state === "applying")
      return { ready: false, state: "starting", reason: "a new configuration is being put in force" };
    return { ready: true, state: "ready" };
  }

  async #workspaceStatus(): Promise<WorkspaceStatus> {
    await this.#reload.look();
    const reload = this.#reload.status;
    const { config, sandbox, conflicts, warnings } = this.#run;
    const { status, problem, since, threadId, turn, lastTurn, queue, usage, mcpServers } = toSessionBody(
      this.#sessions.main,
    );
    const tokensToday = this.#budget.today;
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
      modelLimits: config.modelLimits,
      tokensToday,
      sessions: this.#sessions.all.map((session) => ({ name: session.name, status: session.status })),
      codexVersion: config.codex.version,
      ...(mcpServers !== undefined && { mcpServers }),
      sandbox,
      configHash: config.configHash,
      ...(reload !== undefined && { reload }),
      configConflicts: conflicts.map(({ path, ...conflict }) => ({ key: renderKeyPath(path), ...conflict })),
      users: config.users,
      warnings: [...warnings, ...this.#sessions.warnings, ...(this.#budget.isUsedUp ? [usedUp(tokensToday)] : [])],
    };
  }
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function usedUp({ used, resetsAt }: TokensToday): string {
  return `${used} tokens are used, which is the limit of the day: prompts wait until ${resetsAt}, or a higher limit.`;
}

function inWords({ message, remedy }: WorkspaceError): string {
  return `${firstLine(message)}. ${remedy}`;
}

/** Whether every user may enter a directory. */
function mayEnter(directory: string): boolean {
  return (statSync(directory).mode & 0o001) !== 0;
}

/** Returns whether a promise settles in time; rejects with its reason. Without a time it waits for ever. */
async function endsWithin(promise: Promise<void>, ms: number | undefined): Promise<boolean> {
  const ended = promise.then(() => true);
  if (ms === undefined) return ended;
  const elapsed = new AbortController();
  try {
    return await Promise.race([ended, delay(ms, false, { signal: elapsed.signal })]);
  } finally {
    elapsed.abort();
  }
}
