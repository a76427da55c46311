import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type CommandLine, commandAs, type RunAs } from "./run-as.ts";

/** Starts a program as `runAs`: leader of a process group, nothing to read, both outputs in pipes. */
export function spawnAs(runAs: RunAs, command: CommandLine): ChildProcessByStdio<null, Readable, Readable> {
  const { file, args, cwd, env } = commandAs(runAs, command);
  return spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
}
