import type { Engine, EngineKind } from "./engines/engine.ts";
import type { Output } from "./output.ts";
import type { State } from "./state.ts";

/** What commands work with: given by the composition root, so that nothing below it reads the environment. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Home of the user. Nothing for a user without HOME and without an entry in the system's list of users. */
  readonly home: string | undefined;
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Whether a person sits at a terminal: standard input and standard error are one. */
  readonly canAsk: boolean;
  /** The files that we are: what an agent can write of these, runs as the user. Without symbolic links. */
  readonly ownFiles: readonly string[];
  /** Aborts with a `WorkspaceError` `INTERRUPTED` at the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly state: State;
  readonly engine: (kind: EngineKind) => Promise<Engine>;
  /** Under which name we were started, for the commands that we print. */
  readonly programName: string;
  /** What the process exits with, of a command that has done what it is for and found something wrong. */
  readonly exitWith: (code: number) => void;
}
