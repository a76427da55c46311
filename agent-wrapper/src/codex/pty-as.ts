import type { EventEmitter } from "node:events";
import { type IPty, spawn } from "node-pty";
import { type CommandLine, commandAs, type RunAs } from "./run-as.ts";

/** Starts a program as `runAs` in a PTY of that size. Its data are buffers, whatever the declared type says. */
export function ptyAs(
  runAs: RunAs,
  command: CommandLine,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): IPty {
  const { file, args, cwd, env } = commandAs(runAs, command);
  const pty = spawn(file, [...args], { cols: columns, rows, cwd, env, encoding: null });
  // node-pty closes the terminal after an error, and throws the error where nobody listens.
  (pty as unknown as EventEmitter).on("error", () => undefined);
  return pty;
}
