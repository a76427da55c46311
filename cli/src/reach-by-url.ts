import { ApiError, createClient, UnreachableError, type WorkspaceClient } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import { givenToken, type GivenToken } from "./given-token.ts";
import type { ReachedWorkspace } from "./reach-workspace.ts";

export interface UrlChoice {
  /** `http:` or `https:`, without a slash at its end. */
  readonly url: string;
  /** @default - the variable `CODEX_WORKSPACE_TOKEN` */
  readonly tokenFile?: string | undefined;
}

/**
 * A workspace that this command line did not start. It is asked once, so that every command says the same of a wrong
 * address and of a wrong token.
 *
 * @throws WorkspaceError `SECRET_UNRESOLVED`, `WORKSPACE_NOT_RUNNING`, `WORKSPACE_NOT_FOUND`
 * @throws ApiError `TOKEN_INVALID`, `TOKEN_EXPIRED`
 */
export async function reachByUrl(
  context: Pick<CliContext, "env" | "cwd" | "signal">,
  { url, tokenFile }: UrlChoice,
  /** Something between may accept a connection and never answer. */
  answerMs = 10_000,
): Promise<ReachedWorkspace> {
  const given = await givenToken(context, tokenFile);
  const client = createClient({ baseUrl: url, token: given.token?.reveal() });
  await requireWorkspace(client, given, { signal: context.signal, answerMs });
  return { name: url, option: `--url ${url}`, client, token: given.token, record: undefined };
}

async function requireWorkspace(
  client: WorkspaceClient,
  given: GivenToken,
  { signal, answerMs }: { readonly signal: AbortSignal; readonly answerMs: number },
): Promise<void> {
  const url = client.baseUrl;
  const late = AbortSignal.timeout(answerMs);
  try {
    await client.workspaceStatus({ signal: AbortSignal.any([signal, late]) });
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw unreachable(url, `not within ${answerMs / 1000} s`, error);
    if (error instanceof UnreachableError) throw unreachable(url, reasonOf(error), error);
    if (!(error instanceof ApiError)) throw stranger(url, "what it says is no status of one", error);
    if (error.code.startsWith("HTTP_")) throw stranger(url, `${error.status} ${error.message}`, error);
    if (error.status === 401) throw tokenRefused(url, given, error);
    // It is one. What it refuses here another command may do: with few scopes, or while its session starts.
  }
}

function unreachable(url: string, reason: string, cause: unknown): WorkspaceError {
  return new WorkspaceError(`nothing answers at ${url} (${reason})`, {
    code: "WORKSPACE_NOT_RUNNING",
    remedy:
      "Look whether the workspace runs, and whether this machine reaches that address: a loopback address is its own.",
    cause,
  });
}

/** What `fetch` has wrapped: a code where there is one, such as `ECONNREFUSED`. */
function reasonOf({ cause }: UnreachableError): string {
  const { code, message } = ((cause as Error).cause ?? cause) as NodeJS.ErrnoException;
  return code ?? message;
}

function stranger(url: string, said: string, cause: unknown): WorkspaceError {
  return new WorkspaceError(`${url} does not answer as a workspace does: ${said.replace(/\s+/g, " ").trim()}`, {
    code: "WORKSPACE_NOT_FOUND",
    remedy: "Use the URL that whoever provisioned the workspace got, with a host that its `api.hosts` allows.",
    cause,
  });
}

function tokenRefused(url: string, { token, from }: GivenToken, { status, code, message }: ApiError): ApiError {
  return new ApiError(
    token === undefined ? `${url} wants a token` : `${url} refuses the token of ${from}: ${message}`,
    {
      status,
      code,
      remedy: "Put a token of that workspace into CODEX_WORKSPACE_TOKEN, or into a file for --token-file.",
    },
  );
}
