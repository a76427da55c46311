import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { spawn as spawnInTerminal } from "node-pty";
import { until } from "./workspace-http.ts";

export const cliProgram = fileURLToPath(new URL("../../cli/bin/codex-workspace.js", import.meta.url));

/** Warnings of `up` that depend on who runs the tests. */
export const rootWarnings: readonly string[] =
  process.getuid?.() === 0
    ? [
        "this user is root: a command that leaves the sandbox has the whole machine. Run the local engine as another user, or use --engine docker",
      ]
    : [];

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** A command with a terminal of its own. */
export interface CliTerminal {
  /** Everything that it has shown so far. */
  readonly screen: () => string;
  readonly write: (keys: string) => void;
  /** Types a text until its last word is shown: Codex may draw before it takes input. */
  readonly type: (text: string) => Promise<void>;
  readonly exitCode: Promise<number>;
}

/** The built command line with a HOME, a state directory and projects of its own. */
export class TestCli implements AsyncDisposable {
  readonly directory: string;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  #ownEngine: "local" | "docker";

  private constructor(directory: string, engine: "local" | "docker") {
    this.directory = directory;
    this.state = join(directory, "state");
    this.#ownEngine = engine;
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: join(directory, "home"),
      // Codex makes no sandbox helper when its home lies below the temporary directory, and then no command can run.
      TMPDIR: join(directory, "tmp"),
      CODEX_WORKSPACE_STATE: this.state,
      TERM: "xterm-256color",
      ...(process.env["NODE_EXTRA_CA_CERTS"] !== undefined && {
        NODE_EXTRA_CA_CERTS: process.env["NODE_EXTRA_CA_CERTS"],
      }),
    };
  }

  static async create(engine: "local" | "docker"): Promise<TestCli> {
    // Not below /tmp, where the local engine keeps no state.
    const cli = new TestCli(await mkdtemp("/var/tmp/codex-workspace-"), engine);
    await Promise.all([cli.env["HOME"] ?? "", cli.env["TMPDIR"] ?? ""].map((path) => mkdir(path)));
    return cli;
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Starts a command and does not wait for it. */
  start(args: readonly string[], { env = {}, cwd = this.directory }: CliOptions = {}): ChildProcess {
    return spawn(process.execPath, [cliProgram, ...args], { cwd, env: { ...this.env, ...env }, stdio: "pipe" });
  }

  /** Starts `attach` in a terminal, and waits until Codex has drawn there. */
  async attach(args: readonly string[] = [], options: CliOptions = {}): Promise<CliTerminal> {
    const terminal = this.inTerminal(["attach", ...args], options);
    await until(() => terminal.screen().includes("\x1b[?1049h"), "Codex to draw");
    return terminal;
  }

  inTerminal(args: readonly string[], { env = {} }: CliOptions = {}): CliTerminal {
    const terminal = spawnInTerminal(process.execPath, [cliProgram, ...args], {
      cwd: this.directory,
      env: { ...this.env, ...env },
      cols: 100,
      rows: 30,
    });
    let screen = "";
    terminal.onData((data) => (screen += data));
    const exitCode = new Promise<number>((resolve) => terminal.onExit((end) => resolve(end.exitCode)));
    return {
      screen: () => screen,
      write: (keys) => terminal.write(keys),
      type: (text) => {
        // It is drawn in pieces.
        const isShown = (): boolean => screen.includes(text.split(" ").at(-1) ?? "");
        return until(async () => {
          terminal.write(text);
          await until(isShown, "the input to be shown", 2_000).catch(() => undefined);
          return isShown();
        }, "Codex to take input");
      },
      exitCode,
    };
  }

  /** Runs a command to its end, whatever it exits with. */
  async run(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
    const child = this.start(args, options);
    child.stdin?.end(options.input ?? "");
    return ended(child);
  }

  /** Runs a command that must succeed; its one JSON object. */
  async json(args: readonly string[], options: CliOptions = {}): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.run([...args, "--json"], options);
    if (code !== 0) throw new Error(`codex-workspace ${args.join(" ")} exited with ${String(code)}:\n${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** `up` with the engine of this test on any free port. A spec in the project is the test's own, and trusted. */
  up(args: readonly string[] = [], options: CliOptions = {}): Promise<Record<string, unknown>> {
    return this.json(["up", ...args, "--engine", this.#ownEngine, "--port", "0", "--trust-spec"], options);
  }

  async names(): Promise<string[]> {
    const { workspaces } = await this.json(["list"]);
    return (workspaces as { name: string }[]).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of await this.names()) await this.run(["down", "--volumes", "--name", name]);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a started command has printed, when it has ended. */
export async function ended(child: ChildProcess): Promise<CliRun> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the command was started without pipes");
  const [out, err, [code]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, stdout: out, stderr: err };
}
