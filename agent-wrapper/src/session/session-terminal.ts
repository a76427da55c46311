import { WorkspaceError } from "@codex-workspace/core";
import type { Terminal, TerminalOptions, TerminalSize } from "../codex/terminal.ts";
import { withoutReplies } from "../codex/terminal-replies.ts";
import type { CodexHost } from "./codex-host.ts";
import type { Session } from "./session.ts";

/** Screens are told at most this often. */
const screenIntervalMs = 50;

/** The terminal of a session: starts on first need, and again when it was closed. */
export class SessionTerminal {
  readonly #session: Session;
  readonly #host: CodexHost;
  readonly #options: TerminalOptions;
  #terminal: Terminal | undefined;

  constructor(session: Session, host: CodexHost, options: TerminalOptions) {
    this.#session = session;
    this.#host = host;
    this.#options = options;
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
    if (threadId === undefined) {
      throw new WorkspaceError("the session is starting: there is nothing to show yet", {
        code: "SESSION_NOT_READY",
        remedy: "Wait until GET /readyz answers 200.",
      });
    }
    try {
      // Loaded when somebody wants to see it: an emulator is large, and most sessions are never looked at.
      const { Terminal } = await import("../codex/terminal.ts");
      this.#terminal ??= new Terminal(this.#options);
      await this.#terminal.ensureStarted({ threadId, ...this.#host.remote });
      return this.#terminal;
    } catch (error) {
      throw new WorkspaceError((error as Error).message, {
        code: "TERMINAL_FAILED",
        remedy: "Look into the wrapper's log; the session itself goes on, and prompts can be sent.",
        cause: error,
      });
    }
  }

  /** Keys as they are, once the terminal reads them. */
  async write(bytes: Buffer): Promise<void> {
    (await this.start()).write(bytes);
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
   * Attaches a person: `show` gets the screen so far, then every byte as it comes. Returns what to do with their keys
   * and window size, and how to leave.
   */
  async attach(show: (bytes: Buffer) => void, onEnd: () => void): Promise<Attachment> {
    const terminal = await this.start();
    const snapshot = await terminal.snapshot();
    show(Buffer.from(snapshot));
    terminal.on("data", show).on("exit", onEnd);
    return {
      write: (bytes) => terminal.write(withoutReplies(bytes)),
      resize: (size) => terminal.resize(size),
      leave: () => void terminal.off("data", show).off("exit", onEnd),
    };
  }

  async stop(): Promise<void> {
    await this.#terminal?.stop();
  }
}

export interface Attachment {
  readonly write: (bytes: Buffer) => void;
  readonly resize: (size: TerminalSize) => void;
  readonly leave: () => void;
}
