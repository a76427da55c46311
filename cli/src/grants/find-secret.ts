import { execFile } from "node:child_process";
import { text } from "node:stream/consumers";
import { Secret, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "../context.ts";
import { askHidden } from "./ask-hidden.ts";
import type { Provider } from "./providers.ts";

/** A secret, and in words where it came from. */
export interface FoundSecret {
  readonly secret: Secret;
  readonly from: string;
}

type Env = CliContext["env"];

/** What a provider's environment variables hold; the first that is set counts. */
export function fromEnvironment({ variables }: Provider, env: Env): FoundSecret | undefined {
  const from = variables.find((variable) => (env[variable] ?? "").trim() !== "");
  return from === undefined ? undefined : { secret: new Secret((env[from] ?? "").trim()), from };
}

const programMs = 5_000;

/** What GitHub's own command line is logged in with; nothing where it is not there, or not logged in to that host. */
export function fromGh(host: string, env: Env, signal: AbortSignal): Promise<FoundSecret | undefined> {
  return new Promise((resolve, reject) => {
    const settings = { env: { ...env }, timeout: programMs, signal };
    execFile("gh", ["auth", "token", "--hostname", host], settings, (error, stdout) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (error !== null || stdout.trim() === "") resolve(undefined);
      else resolve({ secret: new Secret(stdout.trim()), from: "`gh auth token`" });
    });
  });
}

/** @throws WorkspaceError `USAGE` when it is empty */
export async function fromStdin({ stdin }: CliContext): Promise<FoundSecret> {
  return notEmpty(await text(stdin), "standard input");
}

/**
 * Asks a person, who sees nothing of what is typed.
 *
 * @throws WorkspaceError `USAGE` without a terminal and for an empty line, `INTERRUPTED`
 */
export async function fromTerminal(
  context: CliContext,
  { question, without }: { readonly question: string; readonly without: string },
): Promise<FoundSecret> {
  if (!context.stdin.isTTY) {
    throw new WorkspaceError(`${without}, and there is no terminal to ask at`, {
      code: "USAGE",
      remedy: "Run it in a terminal, or pipe the key into it with --stdin.",
    });
  }
  return notEmpty(await askHidden(context, question), "the terminal");
}

function notEmpty(given: string, from: string): FoundSecret {
  if (given.trim() !== "") return { secret: new Secret(given.trim()), from };
  throw new WorkspaceError(`${from} gave no key`, { code: "USAGE", remedy: "Give one that is not empty." });
}
