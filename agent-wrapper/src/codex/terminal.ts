import { EventEmitter, once } from "node:events";
import { SerializeAddon } from "@xterm/addon-serialize";
import xterm from "@xterm/headless";
import type { IPty } from "node-pty";
import { ptyAs } from "./pty-as.ts";
import type { RunAs } from "./run-as.ts";

export interface TerminalOptions {
  readonly program: string;
  readonly runAs: RunAs;
  readonly cwd: string;
  /** The whole environment, without the token. */
  readonly env: Readonly<Record<string, string>>;
  /** The name of the variable that the token is handed in. */
  readonly tokenVariable: string;
}

/** What a terminal is attached to. */
export interface TerminalTarget {
  readonly threadId: string;
  readonly url: string;
  readonly token: string;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

interface TerminalEvents {
  /** Bytes as the program wrote them. */
  data: [Buffer];
  /** The program ended; the next need starts it anew. */
  exit: [];
}

const scrollbackLines = 5000;
/** RIS: clears the screen and every mode of a terminal. */
const fullReset = "\x1bc";
const readyDeadlineMs = 15_000;

/**
 * A person's view of the session: `codex resume THREAD --remote …` in a PTY. It can end and be started again without
 * touching a running turn. An emulator keeps its screen, so that whoever attaches sees what is there.
 */
export class Terminal extends EventEmitter<TerminalEvents> {
  readonly #options: TerminalOptions;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #serializer = new SerializeAddon();
  #pty: IPty | undefined;
  #isDetached = false;
  #readyAt: number | undefined;
  #ready: Promise<void> = Promise.resolve();

  constructor(options: TerminalOptions, { columns, rows }: TerminalSize = { columns: 80, rows: 24 }) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#screen = new xterm.Terminal({ cols: columns, rows, scrollback: scrollbackLines, allowProposedApi: true });
    this.#screen.loadAddon(this.#serializer);
    // The program asks its terminal things (where is the cursor?): to it, the emulator is the terminal.
    this.#screen.onData((reply) => this.#pty?.write(reply));
  }

  /** Whether `detach` has ended the program, and nothing has started it again. */
  get isDetached(): boolean {
    return this.#isDetached;
  }

  /** When the program began to read keys, in Unix milliseconds; undefined before that. */
  get readyAt(): number | undefined {
    return this.#pty === undefined ? undefined : this.#readyAt;
  }

  get running(): boolean {
    return this.#pty !== undefined;
  }

  get size(): TerminalSize {
    return { columns: this.#screen.cols, rows: this.#screen.rows };
  }

  /** Starts the program when it does not run; settles when it reads keys, throws when it ends before. */
  async ensureStarted(target: TerminalTarget): Promise<void> {
    if (this.#pty === undefined) this.#ready = this.#start(target);
    await this.#ready;
  }

  /**
   * A TUI that has switched bracketed paste on and drawn something has taken the terminal over and asked it what it
   * wanted to know: keys sent earlier might be lost.
   */
  #start({ threadId, url, token }: TerminalTarget): Promise<void> {
    const { program, runAs, env, tokenVariable } = this.#options;
    const codex = ["resume", threadId, "--remote", url, "--remote-auth-token-env", tokenVariable];
    const command = { file: program, args: codex, cwd: this.#options.cwd, env: { ...env, [tokenVariable]: token } };
    this.#screen.reset();
    // Who is attached has the modes of a program that could not put them back.
    if (this.#isDetached) this.emit("data", Buffer.from(fullReset));
    this.#isDetached = false;
    this.#readyAt = undefined;
    const pty = ptyAs(runAs, command, this.size);
    this.#pty = pty;
    const ready = Promise.withResolvers<undefined>();
    const deadline = setTimeout(() => {
      ready.reject(new Error(`the terminal shows no prompt after ${readyDeadlineMs / 1000} s: ${this.text()}`));
    }, readyDeadlineMs);
    pty.onData((data: unknown) => {
      if (this.#pty !== pty) return;
      const bytes = data as Buffer;
      this.#screen.write(bytes, () => {
        if (this.#screen.modes.bracketedPasteMode && this.text() !== "") ready.resolve(undefined);
      });
      this.emit("data", bytes);
    });
    pty.onExit(() => {
      ready.reject(new Error(`the terminal ended at its start: ${this.text().trim()}`));
      if (this.#pty !== pty) return;
      this.#pty = undefined;
      this.emit("exit");
    });
    return ready.promise.then(() => void (this.#readyAt = Date.now())).finally(() => clearTimeout(deadline));
  }

  /** The emulator has worked off what it was given. */
  #settled(): Promise<void> {
    return new Promise((resolve) => this.#screen.write("", resolve));
  }

  /** Bytes as they are: nothing is added, nothing is taken away. */
  write(bytes: Buffer | string): void {
    this.#pty?.write(bytes);
  }

  /** Clamps a size that Codex cannot draw in; 0, the size of a terminal that does not know its own, changes nothing. */
  resize(wanted: TerminalSize): void {
    const columns = wanted.columns === 0 ? this.size.columns : clamp(wanted.columns, 10, 1000);
    const rows = wanted.rows === 0 ? this.size.rows : clamp(wanted.rows, 4, 1000);
    this.#screen.resize(columns, rows);
    this.#pty?.resize(columns, rows);
  }

  /** The visible lines, without trailing blanks. */
  text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: this.#screen.rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
    );
    return lines.join("\n").trimEnd();
  }

  /**
   * Escape sequences that draw the screen, with its scrollback and modes, on an empty terminal of the same size.
   *
   * @param options - `scrollback`: lines of it, instead of all
   */
  async snapshot(options: { readonly scrollback?: number } = {}): Promise<string> {
    await this.#settled();
    return this.#serializer.serialize(options);
  }

  /**
   * Ends the program at once, and without an `exit`: it holds the token of an app-server that has ended, and would connect
   * to whatever has taken the port.
   */
  detach(): void {
    if (this.#pty === undefined) return;
    this.#pty.kill("SIGKILL");
    this.#pty = undefined;
    this.#isDetached = true;
  }

  /** Tells that a detached terminal does not come back. */
  abandon(): void {
    if (!this.#isDetached) return;
    this.#isDetached = false;
    this.emit("exit");
  }

  /** Ends the program; a turn that runs goes on. */
  async stop(): Promise<void> {
    const pty = this.#pty;
    if (pty === undefined) {
      this.abandon();
      return;
    }
    const exited = once(this, "exit");
    pty.kill("SIGHUP");
    const kill = setTimeout(() => pty.kill("SIGKILL"), 2000);
    await exited;
    clearTimeout(kill);
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
