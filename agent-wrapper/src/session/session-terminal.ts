import type { AuditAction } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { AppServerAddress } from "../codex/app-server.ts";
import type { Terminal, TerminalOptions, TerminalSize } from "../codex/terminal.ts";
import { withoutReplies } from "../codex/terminal-replies.ts";
import type { Actor, AuditLog, Deed } from "./audit-log.ts";
import type { Session } from "./session.ts";

/** Screens are told at most this often. */
const screenIntervalMs = 50;

/** Time that a terminal takes at most from reading keys to showing the thread's turns. */
const resumeMs = 3_000;

/** Soft reset, primary screen, cursor home, erase: what was drawn so far is gone. */
const clearScreen = "\x1b[!p\x1b[?1049l\x1b[H\x1b[2J";

/** The terminal of a session: starts on first need, and again when it was closed. */
export class SessionTerminal {
  readonly #session: Session;
  readonly #address: () => AppServerAddress | undefined;
  readonly #options: TerminalOptions;
  readonly #audit: AuditLog;
  #terminal: Terminal | undefined;
  /** Whose keys came last. */
  #writer: Actor | undefined;
  /** Of those that are attached, the one whose keys count. */
  #holder: Person | undefined;

  constructor(
    session: Session,
    address: () => AppServerAddress | undefined,
    options: TerminalOptions,
    audit: AuditLog,
  ) {
    this.#session = session;
    this.#address = address;
    this.#options = options;
    this.#audit = audit;
  }

  get isRunning(): boolean {
    return this.#terminal?.running ?? false;
  }

  /**
   * Starts it where it does not run.
   *
   * @throws WorkspaceError `SESSION_NOT_READY`, `TERMINAL_FAILED`
   */
  async start(): Promise<Terminal> {
    const { threadId } = this.#session;
    const address = this.#address();
    if (threadId === undefined || address === undefined) {
      throw new WorkspaceError("the session is starting: there is nothing to show yet", {
        code: "SESSION_NOT_READY",
        remedy: "Wait until GET /readyz answers 200.",
      });
    }
    try {
      // Loaded when somebody wants to see it: an emulator is large, and most sessions are never looked at.
      const { Terminal } = await import("../codex/terminal.ts");
      this.#terminal ??= new Terminal(this.#options);
      await this.#terminal.ensureStarted({ threadId, ...address });
      return this.#terminal;
    } catch (error) {
      throw new WorkspaceError((error as Error).message, {
        code: "TERMINAL_FAILED",
        remedy: "Look into the wrapper's log; the session itself goes on, and prompts can be sent.",
        cause: error,
      });
    }
  }

  /**
   * Keys as they are, once the terminal reads them. Esc or Ctrl-C interrupts a turn that began before the terminal had
   * resumed the thread: in that turn, the terminal ignores both keys for some time (observed on 0.169).
   *
   * @throws WorkspaceError as `start`, `CODEX_SILENT` and `STATE_NOT_WRITABLE`
   */
  async write(bytes: Buffer, actor: Actor): Promise<void> {
    const { turn } = this.#session;
    const followsFrom = (this.#terminal?.readyAt ?? Infinity) + resumeMs;
    if (isStop(bytes) && turn !== undefined && turn.startedAt.getTime() < followsFrom) {
      await this.#session.interrupt(actor);
      return;
    }
    const terminal = await this.start();
    const details = { bytes: bytes.length };
    this.#audit.record({ actor, action: "terminal/keys", session: this.#session.name, details });
    this.#writer = actor;
    terminal.write(bytes);
  }

  /** Calls back with the screen now and whenever it has changed; returns what ends that. It must have been started. */
  onScreen(show: (text: string) => void): () => void {
    let shown: string | undefined;
    const look = (): void => {
      const text = this.#terminal?.text() ?? "";
      if (text === shown) return;
      shown = text;
      show(text);
    };
    look();
    const timer = setInterval(look, screenIntervalMs);
    return () => clearInterval(timer);
  }

  /**
   * Attaches a person, who is shown the screen so far, then every byte as it comes. Returns what to do with their keys
   * and window size, and how to leave. One writes at a time: whoever begins to takes over, and comes back by `takeOver`.
   */
  async attach(actor: Actor, person: Person): Promise<Attachment> {
    const { show, showScreen, onEnd } = person;
    const terminal = await this.start();
    showScreen(Buffer.from(await terminal.snapshot()));
    terminal.on("data", show).on("exit", onEnd);
    this.#append(actor, "terminal/opened");
    let hasLeft = false;
    let hasBegun = false;
    const takeOver = (): void => {
      hasBegun = true;
      if (this.#holder === person) return;
      this.#holder?.onWriter(false);
      this.#holder = person;
      person.onWriter(true);
    };
    const mayWrite = (): boolean => {
      if (!hasBegun || this.#holder === undefined) takeOver();
      return this.#holder === person;
    };
    return {
      redraw: async () => showScreen(Buffer.from(clearScreen + (await terminal.snapshot({ scrollback: 0 })))),
      takeOver,
      write: (bytes) => {
        const keys = withoutReplies(bytes);
        if (keys.length === 0 || !mayWrite()) return;
        this.#writes(actor);
        terminal.write(keys);
      },
      resize: (size) => {
        if (mayWrite()) terminal.resize(size);
      },
      leave: (problem) => {
        if (this.#holder === person) this.#holder = undefined;
        terminal.off("data", show).off("exit", onEnd);
        if (!hasLeft) this.#append(actor, "terminal/closed", problem === undefined ? {} : { problem });
        hasLeft = true;
      },
    };
  }

  /** Not each key: that somebody else has begun to type. */
  #writes(actor: Actor): void {
    if (this.#writer !== actor) this.#append(actor, "terminal/writer");
    this.#writer = actor;
  }

  #append(actor: Actor, action: AuditAction, details: Deed["details"] = {}): void {
    this.#audit.append({ actor, action, session: this.#session.name, details });
  }

  /** Ends the program, whose app-server has ended. People who are attached stay, and see the next one. */
  detach(): void {
    this.#terminal?.detach();
  }

  /** Starts the program again, where `detach` has ended it. */
  resume(): void {
    if (this.#terminal?.isDetached !== true) return;
    void this.start().catch(() => this.#terminal?.abandon());
  }

  async stop(): Promise<void> {
    await this.#terminal?.stop();
  }
}

/** Esc, which AgentAPI's Stop sends, or Ctrl-C. */
function isStop(bytes: Buffer): boolean {
  return bytes.length === 1 && (bytes[0] === 0x1b || bytes[0] === 0x03);
}

/** Somebody at the terminal, and what they are told. */
export interface Person {
  readonly show: (bytes: Buffer) => void;
  /** The screen as it is; the bytes of `show` come after it. */
  readonly showScreen: (bytes: Buffer) => void;
  /** The terminal was closed. */
  readonly onEnd: () => void;
  /** Whether their keys count from now on. */
  readonly onWriter: (yours: boolean) => void;
}

export interface Attachment {
  /** Shows the screen again: for a client that has missed bytes. */
  readonly redraw: () => Promise<void>;
  /** From now on their keys count, and nobody else's. */
  readonly takeOver: () => void;
  readonly write: (bytes: Buffer) => void;
  readonly resize: (size: TerminalSize) => void;
  /** @param problem - reason why the connection failed, for the audit trail */
  readonly leave: (problem?: string) => void;
}
