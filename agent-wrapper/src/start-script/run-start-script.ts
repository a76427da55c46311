import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WorkspaceError } from "@codex-workspace/core";
import { stopGroup } from "../codex/process-group.ts";
import type { CommandLine, RunAs } from "../codex/run-as.ts";
import { spawnAs } from "../codex/spawn-as.ts";
import { ScriptOutput, type ScriptOutputOptions } from "./script-output.ts";

export interface StartScriptOptions {
  /** The input that it comes from, for who reads why it failed. */
  readonly name: string;
  readonly runAs: RunAs;
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly output: ScriptOutputOptions;
  /** Ends the script, and what it started, within `graceMs`. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
}

/** What is left in the pipes of a script that has ended; something it left running may hold them open for long. */
const drainMs = 250;

/**
 * Runs a script of the spec to its end: by what its `#!` line names, else by /bin/sh. Rejects with the reason of `signal`
 * when that is aborted, and nothing of the script runs then.
 *
 * @throws WorkspaceError `START_SCRIPT_FAILED`
 */
export async function runStartScript(script: string, options: StartScriptOptions): Promise<void> {
  const { name, runAs, env, signal, graceMs } = options;
  signal.throwIfAborted();
  await mkdir(dirname(options.output.file), { recursive: true, mode: 0o700 });
  const command = { ...(await commandOf(script)), cwd: options.cwd, env };
  const output = new ScriptOutput(options.output);
  // A group of its own: what it starts ends with it.
  const child = spawnAs(runAs, command);
  output.read(child.stdout, child.stderr);
  const exited = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, killedBy) => {
      if (code === 0) resolve(undefined);
      else resolve(killedBy === null ? `exited with code ${String(code)}` : `was ended by ${killedBy}`);
    });
  });
  let stopped = Promise.resolve();
  const stop = (): void => {
    stopped = stopGroup(child, exited, graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  const failure = await exited;
  signal.removeEventListener("abort", stop);
  // What a script that failed left running is nobody's.
  await (failure === undefined ? stopped : stopGroup(child, exited, 0));
  await Promise.race([output.ended(), delay(drainMs)]);
  signal.throwIfAborted();
  if (failure === undefined) return;
  // What it said is in the log alone: whoever reaches the port may read why a workspace is not ready.
  throw new WorkspaceError(`${name} ${failure}`, {
    code: "START_SCRIPT_FAILED",
    remedy: "Mend the script and start the workspace again; the wrapper's log has its output.",
  });
}

async function commandOf(script: string): Promise<Pick<CommandLine, "file" | "args">> {
  await using file = await open(script);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2));
  const isProgram = buffer.toString("latin1", 0, bytesRead) === "#!";
  return isProgram ? { file: script, args: [] } : { file: "/bin/sh", args: [script] };
}
