import { type ResolvedGrant, WorkspaceError, type WorkspaceSpec } from "@codex-workspace/core";
import { checkWithProvider } from "./check-secret.ts";
import { fromEnvironment } from "./find-secret.ts";
import type { GrantPlace } from "./grant.ts";
import { type Provider, providerOf, providers, saysUnset } from "./providers.ts";
import { commandFor, describe, type GrantStore } from "./store.ts";

export interface GrantEnvironment {
  readonly store: GrantStore;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Is told what deserves attention, in sentences. */
  readonly note: (text: string) => void;
}

/**
 * The grants that a spec names, each once: as stored, else `openai` (for the spec's model provider) and `github` from the
 * environment, where they are checked as `grant` checks them.
 *
 * @throws WorkspaceError `GRANT_NOT_FOUND` with all that are missing, `GRANT_UNREADABLE`, `GRANT_REFUSED`,
 * `GRANT_UNVERIFIED`
 */
export async function resolveGrants(
  { grants = [], modelProvider }: Pick<WorkspaceSpec, "grants" | "modelProvider">,
  profile: string,
  environment: GrantEnvironment,
): Promise<ResolvedGrant[]> {
  const names = [...new Set(grants)];
  const baseUrls = { openai: modelProvider?.baseUrl ?? providers.openai.baseUrl, github: providers.github.baseUrl };
  const resolved = await Promise.all(names.map((name) => resolveGrant({ profile, name }, baseUrls, environment)));
  const missing = names.filter((_, index) => resolved[index] === undefined);
  if (missing.length > 0) throw notFound(missing, grants, profile);
  return resolved.filter((grant) => grant !== undefined);
}

async function resolveGrant(
  place: GrantPlace,
  baseUrls: Readonly<Record<Provider["kind"], string>>,
  { store, env, signal, note }: GrantEnvironment,
): Promise<ResolvedGrant | undefined> {
  const stored = await store.read(place);
  if (stored !== undefined) {
    const { name, host, secret } = stored;
    return { name, host, secret };
  }
  const provider = providerOf(place.name);
  const found = provider && fromEnvironment(provider, env);
  if (provider === undefined || found === undefined) return undefined;
  const { kind } = provider;
  const baseUrl = baseUrls[kind];
  const warnings = await checkWithProvider(provider, found, { baseUrl, anyKeyShape: false, env, signal });
  for (const warning of warnings) note(warning);
  return { name: kind, host: provider.host(baseUrl), secret: found.secret };
}

function notFound(missing: readonly string[], grants: readonly string[], profile: string): WorkspaceError {
  const places = missing.map((name) => ({ profile, name }));
  return new WorkspaceError(`there is no ${places.map(describe).join(", no ")}`, {
    code: "GRANT_NOT_FOUND",
    remedy: places.map((place) => `\`${commandFor(place)}\``).join(", "),
    problems: missing.map((name) => ({ path: `grants[${grants.indexOf(name)}]`, message: whyMissing(name) })),
  });
}

function whyMissing(name: string): string {
  const provider = providerOf(name);
  return provider === undefined ? "it is not stored" : `it is not stored, and ${saysUnset(provider)}`;
}
