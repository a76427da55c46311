import { spawnSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import { type IPty, spawn } from "node-pty";
import xterm from "@xterm/headless";
import { afterAll, beforeAll, describe, test } from "vitest";
import { cliProgram, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace-http.ts";

const shells = {
  bash: { args: ["--norc", "--noprofile", "-i"], setUp: "PS1='READY> '; source <(codex-workspace completion)" },
  zsh: {
    args: ["-f", "-i"],
    setUp: "PS1='READY> '; autoload -U compinit; compinit -u -D; source <(codex-workspace completion)",
  },
  fish: {
    args: ["--no-config", "-i"],
    setUp: "function fish_prompt; echo 'READY> '; end; codex-workspace completion | source",
  },
} as const;
type Shell = keyof typeof shells;

let cli: TestCli;
beforeAll(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("bin"));
  await symlink(cliProgram, cli.path("bin", "codex-workspace"));
  await mkdir(cli.path("work", "a-directory"), { recursive: true });
  await writeFile(cli.path("work", "team.toml"), "");
  for (const name of ["app-one", "app-two"]) {
    await mkdir(cli.path("state", "workspaces", name), { recursive: true });
    const record = { format: 1, name, engine: "local", directory: cli.path("work"), createdAt: "2026-01-01T00:00:00Z" };
    await writeFile(cli.path("state", "workspaces", name, "record.json"), JSON.stringify(record));
  }
});
afterAll(() => cli[Symbol.asyncDispose]());

/** A real shell in a terminal, which has our script. */
class TestShell implements AsyncDisposable {
  readonly #shell: Shell;
  readonly #pty: IPty;
  readonly #screen = new xterm.Terminal({ cols: 120, rows: 30, allowProposedApi: true });

  private constructor(shell: Shell) {
    this.#shell = shell;
    this.#pty = spawn(shell, [...shells[shell].args], {
      cwd: cli.path("work"),
      cols: 120,
      rows: 30,
      env: {
        ...cli.env,
        PATH: [cli.path("bin"), dirname(process.execPath), cli.env["PATH"]].join(delimiter),
        SHELL: `/bin/${shell}`,
      },
    });
    this.#pty.onData((data) => this.#screen.write(data));
    this.#screen.onData((answer) => this.#pty.write(answer));
  }

  static async start(shell: Shell): Promise<TestShell> {
    const started = new TestShell(shell);
    started.#pty.write(`${shells[shell].setUp}\r`);
    await started.shows(/^READY>$/m);
    return started;
  }

  /** Types half of a command line and a tab; `text` then stands on the screen. The line is given up after that. */
  async completes(typed: string, text: RegExp): Promise<void> {
    this.#pty.write(`codex-workspace ${typed}\t`);
    await this.shows(text);
    this.#screen.reset();
    this.#pty.write("\u0003");
    await this.shows(/^READY>$/m);
  }

  async shows(text: RegExp): Promise<void> {
    await until(() => text.test(this.#text()), `${this.#shell} to show ${String(text)}`).catch((error: unknown) => {
      throw new Error(`${String(error)}:\n${this.#text()}`);
    });
  }

  #text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? "");
    return lines.map((line) => line.trimEnd()).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise((resolve) => this.#pty.onExit(resolve));
    this.#pty.kill("SIGKILL");
    await exited;
  }
}

describe.each(Object.keys(shells) as Shell[])("%s", (shell) => {
  const without = isInstalled(shell) ? "" : ` (SKIPPED: ${shell} is not installed)`;

  test.skipIf(without !== "")(`completes what may be typed${without}`, async () => {
    await using terminal = await TestShell.start(shell);
    await terminal.completes("sta", /codex-workspace status$/m);
    await terminal.completes("config ren", /codex-workspace config render$/m);
    await terminal.completes("config render --o", /codex-workspace config render --out$/m);
    await terminal.completes("up --engine d", /--engine docker$/m);
    await terminal.completes("up --engine=loc", /--engine=local$/m);
    await terminal.completes("send --name app-o", /--name app-one$/m);
    await terminal.completes("up --spec te", /--spec team\.toml$/m);
    await terminal.completes("up --spec=te", /--spec=team\.toml$/m);
    await terminal.completes("up a-", /codex-workspace up a-directory\/$/m);
  });
});

function isInstalled(program: string): boolean {
  return spawnSync(program, ["-c", "true"]).status === 0;
}
