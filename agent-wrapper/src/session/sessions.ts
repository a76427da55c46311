import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import type { SessionRequest, SessionSettings } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Notification, ServerRequest } from "../codex/protocol.ts";
import { ConnectionLostError, NoAnswerError, type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import type { Actor } from "./audit-log.ts";
import { CodexNotices } from "./codex-notices.ts";
import { warningOf } from "./mcp-server-status.ts";
import { Session } from "./session.ts";
import type { NewSession } from "./session-store.ts";
import type { Store } from "./store.ts";
import type { ThreadParams } from "./thread-settings.ts";
import type { TokenBudget } from "./token-budget.ts";

export interface SessionsOptions {
  readonly store: Store;
  readonly initialPrompt: string | undefined;
  /** How many sessions there may be, `main` and archived ones included. */
  readonly maxSessions: number;
  /** @throws WorkspaceError `SESSION_REFUSED` */
  readonly threadParams: (own: SessionSettings) => ThreadParams;
  /** How long somebody may take to answer what Codex asks. @default - as long as they like */
  readonly approvalTimeoutMs?: () => number | undefined;
  readonly hasTerminal: (session: Session) => boolean;
  readonly budget: TokenBudget;
  /** Whether the model's endpoint answers nobody. */
  readonly isModelSilent: () => Promise<boolean>;
  /** Host and port of the model endpoint, for messages. */
  readonly modelHost: () => string;
  /** Takes secrets out of a text of Codex's. */
  readonly redact: (text: string) => string;
  readonly log: (message: string, details?: object) => void;
}

/** The session that is always there. */
export const mainSession = "main";

interface SessionsEvents {
  /** Of one of them. */
  status: [];
}

/** All sessions of the workspace: threads of one app-server. */
export class Sessions extends EventEmitter<SessionsEvents> {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly main: Session;
  #connection: RpcConnection | undefined;
  #held = false;
  /** Names of sessions that are being made. */
  readonly #coming = new Set<string>();
  readonly #notices: CodexNotices;

  constructor(options: SessionsOptions) {
    super();
    this.#options = options;
    this.#notices = new CodexNotices(options.redact);
    this.main = this.#add(mainSession, {}, options.initialPrompt);
    for (const { name, settings } of options.store.sessions.all()) {
      if (name !== mainSession) this.#add(name, settings);
    }
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** @throws WorkspaceError `SESSION_NOT_FOUND` */
  get(name: string): Session {
    const session = this.#sessions.get(name);
    if (session !== undefined) return session;
    throw sessionNotFound(name);
  }

  /**
   * A new session, with a thread.
   *
   * @throws WorkspaceError `SESSION_EXISTS`, `SESSIONS_FULL`, `SESSION_NOT_READY`, `SESSION_REFUSED`,
   * `STATE_NOT_WRITABLE`
   */
  async create({ name = randomName(), ...settings }: SessionRequest, actor: Actor): Promise<Session> {
    const connection = this.#connected();
    this.#options.threadParams(settings);
    return this.#reserved(name, () => this.#begin(connection, { name, settings, actor }));
  }

  /**
   * A new session with another's settings and history.
   *
   * @throws WorkspaceError as `create`
   */
  async fork(from: Session, actor: Actor, name = randomName()): Promise<Session> {
    const connection = this.#connected();
    const { threadId, settings } = from;
    if (threadId === undefined) throw codexStarts();
    const params = this.#options.threadParams(settings);
    return this.#reserved(name, async () => {
      try {
        const request = { threadId, excludeTurns: true, ...params.settings };
        const { thread } = await connection.request("thread/fork", request);
        await connection.request("thread/name/set", { threadId: thread.id, name });
        this.#options.store.tokens.forked(thread.id, threadId);
        const forkOf = { session: from.name, threadId: thread.id };
        return await this.#begin(connection, { name, settings, actor, forkOf });
      } catch (error) {
        throw asRefused(error);
      }
    });
  }

  /** @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `SESSION_REFUSED` */
  async archive(session: Session, actor: Actor): Promise<void> {
    await this.#ended(session, "thread/archive");
    this.#options.store.sessions.saveArchived(session.name, true, actor);
    session.archive();
  }

  /** @throws WorkspaceError `SESSION_NOT_READY`, `SESSION_REFUSED` */
  async unarchive(session: Session, actor: Actor): Promise<void> {
    if (!session.archived) return;
    const connection = this.#connected();
    try {
      await connection.request("thread/unarchive", { threadId: session.threadId });
    } catch (error) {
      throw asRefused(error);
    }
    this.#options.store.sessions.saveArchived(session.name, false, actor);
    session.unarchive();
    await session.attach(connection);
  }

  /**
   * Removes a session with its thread and everything that is known of it.
   *
   * @throws WorkspaceError `SESSION_BUSY`, `SESSION_NOT_READY`, `SESSION_REFUSED`
   */
  async delete(session: Session, actor: Actor): Promise<void> {
    const isKept = session.settings.ephemeral !== true;
    await this.#ended(session, isKept ? "thread/delete" : "thread/unsubscribe");
    session.stopped();
    this.#sessions.delete(session.name);
    this.#options.store.forget(session.name, actor);
  }

  async attach(connection: RpcConnection): Promise<void> {
    this.#connection = connection;
    // `main` first: it is what everybody waits for.
    await this.main.attach(connection);
    await Promise.all(this.all.filter((session) => session !== this.main).map((session) => session.attach(connection)));
  }

  /** None begins a turn until `release`; what is sent meanwhile waits. */
  hold(): void {
    this.#held = true;
    this.goOn();
  }

  release(): void {
    this.#held = false;
    this.goOn();
  }

  /** Does what was held back. */
  goOn(): void {
    for (const session of this.all) session.goOn();
  }

  /** Names of those in which a turn runs, or something is on its way to Codex. */
  get working(): string[] {
    return this.all.filter(({ archived, isAtRest }) => !archived && !isAtRest).map(({ name }) => name);
  }

  /** Settles when none works, or the signal is aborted. */
  atRest(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.working.length > 0 && !signal.aborted) return;
        this.off("status", look);
        signal.removeEventListener("abort", look);
        resolve();
      };
      this.on("status", look);
      signal.addEventListener("abort", look);
      look();
    });
  }

  /** Interrupts the turns that run, for a new configuration; settles when each has been answered, or is known not to be. */
  async interrupt(): Promise<void> {
    const running = this.all.filter(({ turn }) => turn !== undefined);
    await Promise.all(
      running.map(async (session) =>
        session.interrupt("system", "reload").catch((error: unknown) => {
          this.#options.log("a turn was not interrupted", { session: session.name, reason: String(error) });
        }),
      ),
    );
  }

  /** Warnings of Codex: about no session in particular, about `main`, and about other sessions with their name. */
  get warnings(): readonly string[] {
    const of = ({ warnings, mcpServers }: Session): string[] => [
      ...warnings,
      ...mcpServers.map(warningOf).filter((warning) => warning !== undefined),
    ];
    const ofAll = [...this.#notices.warnings(undefined), ...of(this.main)];
    const ofOthers = this.all.flatMap((session) =>
      of(session)
        .filter((text) => !ofAll.includes(text))
        .map((text) => `session "${session.name}": ${text}`),
    );
    return [...ofAll, ...ofOthers];
  }

  detach(): void {
    this.#connection = undefined;
    this.#notices.clear();
    for (const session of this.all) session.detach();
  }

  fail(problem: string): void {
    for (const session of this.all) session.fail(problem);
  }

  notified(notification: Notification): void {
    this.#options.budget.notified(notification);
    if (this.#notices.notified(notification)) {
      this.main.tellNotices(this.#notices.take(undefined));
      for (const session of this.all)
        if (session.threadId !== undefined) session.tellNotices(this.#notices.take(session.threadId));
    }
    for (const session of this.all) session.notified(notification);
  }

  requested(request: ServerRequest, connection: RpcConnection): void {
    for (const session of this.all) session.requested(request, connection);
  }

  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.all.map((session) => session.close(deadlineMs)));
  }

  stopped(): void {
    for (const session of this.all) session.stopped();
  }

  async #begin(connection: RpcConnection, wanted: NewSession): Promise<Session> {
    const { store } = this.#options;
    const { name, settings } = wanted;
    store.sessions.add(wanted);
    const session = this.#add(name, settings);
    await session.attach(connection);
    const problems = session.status === "error" ? [session.problem ?? "unknown"] : session.stricter;
    if (problems.length === 0) return session;
    await this.delete(session, "system").catch(() => {
      this.#sessions.delete(name);
      store.forget(name, "system");
    });
    throw new WorkspaceError(`Codex does not begin such a session: ${problems.join("; ")}`, {
      code: "SESSION_REFUSED",
      remedy: "Ask for what the workspace's `enforce` and its Codex allow.",
    });
  }

  #add(name: string, settings: SessionSettings, initialPrompt?: string): Session {
    const { threadParams, hasTerminal, redact: _, ...rest } = this.#options;
    const session: Session = new Session({
      ...rest,
      notices: this.#notices,
      name,
      settings,
      params: () => threadParams(settings),
      initialPrompt,
      isHeld: () => this.#held,
      hasTerminal: () => hasTerminal(session),
    });
    session.on("status", () => this.emit("status"));
    this.#sessions.set(name, session);
    return session;
  }

  /** Asks Codex to end a session's thread. */
  async #ended(session: Session, method: "thread/archive" | "thread/delete" | "thread/unsubscribe"): Promise<void> {
    if (session === this.main) {
      throw new WorkspaceError("the session `main` is always there", {
        code: "SESSION_REFUSED",
        remedy: "Use a session of your own for what shall end.",
      });
    }
    const connection = this.#connected();
    if (session.isBusy) {
      throw new WorkspaceError(`a turn runs in session "${session.name}", or prompts wait`, {
        code: "SESSION_BUSY",
        remedy: "Interrupt the turn and cancel the prompts, or wait for them.",
      });
    }
    if (session.threadId === undefined) return;
    try {
      await connection.request(method, { threadId: session.threadId });
    } catch (error) {
      throw asRefused(error);
    }
  }

  /** Makes a session whose name, and whose place among the sessions, no other request can take meanwhile. */
  async #reserved(name: string, make: () => Promise<Session>): Promise<Session> {
    if (this.#sessions.has(name) || this.#coming.has(name)) {
      throw new WorkspaceError(`there is a session "${name}" already`, {
        code: "SESSION_EXISTS",
        remedy: "Use another name, or delete that session.",
      });
    }
    const { maxSessions } = this.#options;
    const coming = [...this.#coming].filter((other) => !this.#sessions.has(other));
    if (this.#sessions.size + coming.length >= maxSessions) {
      throw new WorkspaceError(`sessions take ${this.#sessions.size + coming.length} of ${maxSessions} places`, {
        code: "SESSIONS_FULL",
        remedy: "Delete sessions that nobody needs, or raise `api.limits.sessions`.",
      });
    }
    this.#coming.add(name);
    try {
      return await make();
    } finally {
      this.#coming.delete(name);
    }
  }

  #connected(): RpcConnection {
    if (this.#connection !== undefined) return this.#connection;
    throw codexStarts();
  }
}

export function sessionNotFound(name: string): WorkspaceError {
  return new WorkspaceError(`there is no session "${name}"`, {
    code: "SESSION_NOT_FOUND",
    remedy: "GET /v1/sessions lists those there are.",
  });
}

function randomName(): string {
  return `session-${randomBytes(4).toString("hex")}`;
}

function codexStarts(): WorkspaceError {
  return new WorkspaceError("Codex is starting", {
    code: "SESSION_NOT_READY",
    remedy: "Wait until GET /readyz answers 200; where it gives a reason, that has to be mended first.",
  });
}

function asRefused(error: unknown): unknown {
  if (error instanceof ConnectionLostError) {
    return new WorkspaceError("Codex went away before it said that it has done it", {
      code: "SESSION_NOT_READY",
      remedy: "Wait until GET /readyz answers 200, and look at GET /v1/sessions before you ask again.",
      cause: error,
    });
  }
  if (error instanceof NoAnswerError) {
    return new WorkspaceError(`it is not known whether Codex has done it: ${error.message}`, {
      code: "CODEX_SILENT",
      remedy: "Look at GET /v1/sessions before you ask again.",
      cause: error,
    });
  }
  if (!(error instanceof RpcError)) return error;
  return new WorkspaceError(`Codex refused it: ${error.message}`, {
    code: "SESSION_REFUSED",
    remedy: "Correct what Codex names.",
    cause: error,
  });
}
