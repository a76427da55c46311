import { userInfo } from "node:os";
import { WorkspaceError } from "@codex-workspace/core";
import { CommanderError } from "commander";
import { wrapperVersion } from "@codex-workspace/agent-wrapper/image";
import type { CliContext } from "./context.ts";
import type { Engine, EngineKind } from "./engines/engine.ts";
import { createOutput } from "./output.ts";
import { createProgram } from "./program.ts";
import { describeError, exitCodeOf, exitCodes, showError } from "./show-error.ts";
import { wayTo } from "@codex-workspace/provisioning";
import { withoutProjectPrograms } from "./project-programs.ts";
import { State, stateRoot } from "./state.ts";
import { unknownVariables } from "./unknown-variables.ts";

/** What a process has and a command line needs. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** The program, and what runs it. */
  readonly ownFiles: readonly string[];
  readonly signal: AbortSignal;
}

/** Returns the home of the user; nothing for a user without HOME and without an entry in the system's list of users. */
function homeOf(env: Surroundings["env"]): string | undefined {
  if ((env["HOME"] ?? "") !== "") return env["HOME"];
  try {
    // Other than homedir(), it does not take an empty HOME for one.
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** Runs one command to its end; returns the exit code. */
export async function run(surroundings: Surroundings): Promise<number> {
  const { args, cwd, stdin, stdout, stderr, signal } = surroundings;
  const env = withoutProjectPrograms(surroundings.env, { cwd, projects: [] });
  const home = homeOf(env);
  const state = new State(stateRoot(env, home));
  const output = createOutput({ stdout, stderr, signal });
  // Loaded when a command wants it: a client of Docker takes longer to load than --help may take.
  const engine = async (kind: EngineKind): Promise<Engine> => {
    if (kind === "docker") {
      const { openDockerEngine } = await import("./engines/docker/docker-engine.ts");
      return openDockerEngine({ env, home });
    }
    const { LocalEngine } = await import("./engines/local/local-engine.ts");
    return new LocalEngine({ state, env });
  };
  // What we print is to be typed again: in a checkout the program is not on PATH.
  // With --no npx installs nothing: outside of the checkout somebody else could own that name.
  const programName = env["npm_command"] === "exec" ? "npx --no codex-workspace" : "codex-workspace";
  let exitCode: number = exitCodes.ok;
  const exitWith = (code: number): void => {
    exitCode = code;
  };
  const canAsk = stdin.isTTY && stderr.isTTY;
  const ownFiles = surroundings.ownFiles.map((file) => wayTo(file).real);
  const surrounding = { env, cwd, home, output, stdin, stdout, canAsk, ownFiles, signal };
  const context: CliContext = { ...surrounding, state, engine, programName, exitWith };
  for (const remark of unknownVariables(env)) output.note(remark);
  try {
    await createProgram(context, wrapperVersion()).parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Of commander, which has written what it had to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
    // Whatever broke off because of Ctrl-C, Ctrl-C is the reason.
    const first: unknown = signal.aborted && !(error instanceof WorkspaceError) ? signal.reason : error;
    if (args.includes("--json")) output.result(JSON.stringify({ error: describeError(first) }));
    output.note(showError(first, { debug: args.includes("--debug") }));
    return exitCodeOf(first);
  } finally {
    output.end();
  }
}
