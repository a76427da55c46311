import type { CliContext } from "../context.ts";
import { checkWithProvider, requireSendable } from "./check-secret.ts";
import { type FoundSecret, fromEnvironment, fromGh, fromStdin, fromTerminal } from "./find-secret.ts";
import type { Grant } from "./grant.ts";
import { openGrants } from "./open-grants.ts";
import { type Provider, saysUnset } from "./providers.ts";
import { describe } from "./store.ts";

/** A grant that is good, and what a person should know of it. */
export interface MadeGrant {
  readonly grant: Grant;
  /** In words, where the secret came from. */
  readonly from: string;
  readonly warnings: readonly string[];
}

interface ProviderSettings {
  readonly baseUrl: string;
  readonly anyKeyShape: boolean;
  readonly stdin: boolean;
}

/**
 * Finds a provider's secret and has the provider judge it.
 *
 * @throws WorkspaceError `GRANT_REFUSED`, `GRANT_UNVERIFIED`, `USAGE`, `INTERRUPTED`
 */
export async function grantOfProvider(
  context: CliContext,
  provider: Provider,
  { stdin, ...check }: ProviderSettings,
): Promise<MadeGrant> {
  const { env, signal } = context;
  const host = provider.host(check.baseUrl);
  const found = stdin ? await fromStdin(context) : await findSecret(context, provider, host);
  const warnings = await checkWithProvider(provider, found, { ...check, env, signal });
  return { grant: newGrant(provider.kind, provider.kind, host, found), from: found.from, warnings };
}

async function findSecret(context: CliContext, provider: Provider, host: string): Promise<FoundSecret> {
  const { env, signal } = context;
  const found = fromEnvironment(provider, env);
  if (found !== undefined) return found;
  const ofGh = provider.kind === "github" ? await fromGh(host, env, signal) : undefined;
  if (ofGh !== undefined) return ofGh;
  return fromTerminal(context, {
    question: `The key of ${provider.title}, which is not shown, and Enter:`,
    without: saysUnset(provider),
  });
}

/**
 * A token that nobody can be asked about.
 *
 * @throws WorkspaceError `GRANT_REFUSED`, `USAGE`, `INTERRUPTED`
 */
export async function bearerGrant(
  context: CliContext,
  { name, host, stdin }: { readonly name: string; readonly host: string; readonly stdin: boolean },
): Promise<MadeGrant> {
  const question = `The token for ${host}, which is not shown, and Enter:`;
  const without = "a token comes from standard input (--stdin) or a person";
  const found = stdin ? await fromStdin(context) : await fromTerminal(context, { question, without });
  requireSendable(found);
  return { grant: newGrant(name, "bearer", host, found), from: found.from, warnings: [] };
}

function newGrant(name: string, kind: Grant["kind"], host: string, { secret }: FoundSecret): Grant {
  return { name, kind, host, secret, grantedAt: new Date().toISOString() };
}

/** Stores a grant and says so. */
export async function storeGrant(
  context: CliContext,
  { grant, from, warnings }: MadeGrant,
  { profile, json }: { readonly profile: string; readonly json?: true },
): Promise<void> {
  const { output } = context;
  const store = openGrants(context);
  const { file, key, whyFile } = await store.write(profile, grant);
  for (const warning of warnings) output.note(`warning: ${warning}`);
  if (whyFile !== undefined) {
    output.note(
      `no keychain of this system keeps the key that grants are encrypted with, so a file does: whoever reads ${store.keyFile} reads them (${whyFile})`,
    );
  }
  const { name, kind, host } = grant;
  if (json) output.result(JSON.stringify({ name, profile, kind, host, from, file, key, warnings }));
  else output.result(`${describe({ profile, name })} holds the key of ${from}, for ${host} alone\n  stored in ${file}`);
}
