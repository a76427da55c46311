import { WorkspaceError } from "@codex-workspace/core";
import { askStatus } from "./ask-status.ts";
import type { FoundSecret } from "./find-secret.ts";
import type { Provider } from "./providers.ts";
import { bearerFault } from "./secret-shape.ts";

const answerMs = 30_000;

export interface CheckOptions {
  readonly baseUrl: string;
  /** Take a secret that does not look like one of this provider. */
  readonly anyKeyShape: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** @throws WorkspaceError `GRANT_REFUSED` for what is no bearer token */
export function requireSendable({ secret, from }: FoundSecret): void {
  const fault = bearerFault(secret.reveal());
  if (fault !== undefined) throw misshapen(from, fault, "Copy it again, alone and whole.");
}

/**
 * Looks at a secret, then asks the provider whether it is good. Returns what deserves attention, as sentences.
 *
 * @throws WorkspaceError `GRANT_REFUSED`, `GRANT_UNVERIFIED`
 */
export async function checkWithProvider(
  provider: Provider,
  found: FoundSecret,
  { baseUrl, anyKeyShape, env, signal }: CheckOptions,
): Promise<string[]> {
  requireSendable(found);
  const fault = anyKeyShape ? undefined : provider.shapeFault(found.secret.reveal());
  if (fault !== undefined) {
    throw misshapen(
      found.from,
      fault,
      "Copy it again; `grant` with --any-key-shape takes what other providers give out.",
    );
  }
  const url = provider.probe(baseUrl);
  const status = await ask(url, found, env, signal);
  const subject = `the key of ${found.from}`;
  switch (status) {
    case 200:
      return [];
    case 429:
      return [`${url.href} limits ${subject} now (HTTP 429): it is valid, and may have to wait`];
    case 401:
      throw refused(`${provider.title} says that ${subject} is invalid (HTTP 401)`, "Make another one there.");
    case 403:
      throw refused(
        `${provider.title} says that ${subject} lacks permission (HTTP 403 of ${url.href})`,
        "Give it the permission there, or make another one.",
      );
    default:
      throw new WorkspaceError(`API error: ${url.href} answered HTTP ${status}, so ${subject} could not be tried`, {
        code: "GRANT_UNVERIFIED",
        remedy: "Check the address, or try again later.",
      });
  }
}

async function ask(
  url: URL,
  { secret, from }: FoundSecret,
  env: CheckOptions["env"],
  signal: AbortSignal,
): Promise<number> {
  const timeout = AbortSignal.timeout(answerMs);
  try {
    return await askStatus(url, { bearer: secret, env, signal: AbortSignal.any([signal, timeout]) });
  } catch (cause) {
    signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = timeout.aborted ? `no answer within ${answerMs / 1000} s` : message || String(code);
    throw new WorkspaceError(`${url.href} cannot be asked, so the key of ${from} could not be tried: ${why}`, {
      code: "GRANT_UNVERIFIED",
      remedy: "Check the address, and DNS, firewall and proxy between here and there.",
      cause,
    });
  }
}

function misshapen(from: string, fault: string, remedy: string): WorkspaceError {
  return refused(`the key of ${from} does not look like one: ${fault}`, remedy);
}

function refused(message: string, remedy: string): WorkspaceError {
  return new WorkspaceError(message, { code: "GRANT_REFUSED", remedy });
}
