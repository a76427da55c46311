import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type CommandLine, commandAs, type RunAs } from "./run-as.ts";

/** Starts a program as `runAs`: leader of a process group, nothing to read, both outputs in pipes. */
export function spawnAs(runAs: RunAs, command: CommandLine): ChildProcessByStdio<null, Readable, Readable> {
  const { file, args, cwd, env } = commandAs(runAs, command);
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  // An output that cannot be read any more has ended.
  for (const output of [child.stdout, child.stderr]) output.on("error", () => undefined);
  return child;
}
