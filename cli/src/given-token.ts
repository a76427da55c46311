import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Secret, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";

/** An API token that the user has given to a command, never as its argument: other users see those. */
export interface GivenToken {
  /** Nothing where the variable is not set: an API may need no token. */
  readonly token: Secret | undefined;
  /** The variable or the file. */
  readonly from: string;
}

const variable = "CODEX_WORKSPACE_TOKEN";

/** Of the file, else of `CODEX_WORKSPACE_TOKEN`. Throws `SECRET_UNRESOLVED`. */
export async function givenToken(
  { env, cwd }: Pick<CliContext, "env" | "cwd">,
  file: string | undefined,
): Promise<GivenToken> {
  if (file !== undefined) {
    const from = resolve(cwd, file);
    return { token: toToken(await readText(from), from), from };
  }
  const value = env[variable] ?? "";
  return { token: value === "" ? undefined : toToken(value, variable), from: variable };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unusable(`the token file ${file} cannot be read (${String((cause as NodeJS.ErrnoException).code)})`, cause);
  }
}

/** What a header can carry. */
function toToken(text: string, from: string): Secret {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw unusable(`${from} holds no token: expected printable ASCII characters without blanks, and nothing else`);
}

function unusable(message: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(message, {
    code: "SECRET_UNRESOLVED",
    remedy: `Put the workspace's token, and it alone, into ${variable}, or into a file for --token-file.`,
    cause,
  });
}
