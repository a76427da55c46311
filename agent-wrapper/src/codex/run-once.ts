import { execFile } from "node:child_process";
import { commandAs, type RunAs } from "./run-as.ts";

export interface Outcome {
  /** `null`: it was killed, or never ran. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOnceOptions {
  readonly runAs: RunAs;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Written to its standard input. @default "" */
  readonly input?: string | undefined;
}

/** Runs a program to its end. How it ended is the answer, never an exception. */
export function runOnce(file: string, args: readonly string[], options: RunOnceOptions): Promise<Outcome> {
  const { runAs, env, deadlineMs, input = "" } = options;
  const command = commandAs(runAs, { file, args, cwd: options.cwd, env });
  return new Promise((resolve) => {
    const settings = { cwd: command.cwd, env: command.env, timeout: deadlineMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command.file, [...command.args], settings, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ exitCode, stdout, stderr: stderr === "" && exitCode === null ? String(error?.message) : stderr });
    });
    // A program that exits without reading closes the pipe: how it ended says what happened.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
