import { defaultApiPort } from "../contract.ts";
import { WorkspaceError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { ApiLimitsSpec, SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { toAsciiOrigin } from "../spec/origin.ts";
import { tokenScopes } from "../token-file.ts";
import type { ApiLimits } from "../wrapper-config.ts";
import type { PlannedApi, PlannedToken } from "./workspace-plan.ts";

/** Where the API is and who may use it. Throws `SPEC_INVALID` for a token or a limit that cannot be one. */
export function planApi(
  { api = {} }: WorkspaceSpec,
  generatedToken: Secret,
  resolve: (input: SecretInput) => Secret,
): PlannedApi {
  const { port = defaultApiPort, hosts = ["localhost", "127.0.0.1", "[::1]"], origins = [], auth = "token" } = api;
  const own: PlannedToken = {
    name: "api.token",
    token: api.token === undefined ? generatedToken : resolve(api.token),
    scopes: tokenScopes,
    expiresAt: undefined,
  };
  const further = (api.tokens ?? []).map(({ name, token, scopes, expiresAt }) => ({
    name,
    token: resolve(token),
    scopes: tokenScopes.filter((scope) => scopes.includes(scope)),
    expiresAt,
  }));
  const tokens = auth === "none" ? [] : [own, ...further];
  tokens.forEach((token, index) => {
    const path = index === 0 ? "api.token" : `api.tokens[${index - 1}].token`;
    requireSendable(token, path);
    requireOfItsOwn(token, tokens.slice(0, index), path);
  });
  return { port, hosts, origins: origins.map(toAsciiOrigin), auth, tokens, limits: planLimits(api.limits) };
}

function planLimits(given: ApiLimitsSpec = {}): ApiLimits {
  const limits = {
    changesPerMinute: given.changesPerMinute ?? 6_000,
    streams: given.streams ?? 256,
    connections: given.connections ?? 1_024,
    requestTimeoutSeconds: given.requestTimeoutSeconds ?? 30,
    promptMiB: given.promptMiB ?? 16,
    sessions: given.sessions ?? 256,
    pendingPrompts: given.pendingPrompts ?? 2_000,
    allPendingPrompts: given.allPendingPrompts ?? 10_000,
    pendingPromptsMiB: given.pendingPromptsMiB ?? 512,
    allPendingPromptsMiB: given.allPendingPromptsMiB ?? 1_024,
    uploadMiB: given.uploadMiB ?? 10,
    allUploadsMiB: given.allUploadsMiB ?? 1_024,
  };
  requireRoom(limits, "streams", "connections");
  requireRoom(limits, "uploadMiB", "allUploadsMiB");
  requireRoom(limits, "promptMiB", "pendingPromptsMiB");
  requireRoom(limits, "pendingPrompts", "allPendingPrompts");
  requireRoom(limits, "pendingPromptsMiB", "allPendingPromptsMiB");
  return limits;
}

/** What one may have beyond what all may have, nobody ever gets. */
function requireRoom(limits: ApiLimits, one: keyof ApiLimits, all: keyof ApiLimits): void {
  if (limits[one] <= limits[all]) return;
  const message = `${limits[one]} is more than \`api.limits.${all}\`, ${limits[all]}`;
  throw new WorkspaceError(`api.limits.${one}: ${message}`, {
    code: "SPEC_INVALID",
    remedy: `Set both so that \`${one}\` is at most \`${all}\`.`,
    problems: [{ path: `api.limits.${one}`, message }],
  });
}

function requireSendable({ name, token }: PlannedToken, path: string): void {
  if (/^[\x21-\x7e]+$/.test(token.reveal())) return;
  throw new WorkspaceError(`the token \`${name}\` has characters that an Authorization header cannot carry`, {
    code: "SPEC_INVALID",
    remedy: "Use printable ASCII characters without blanks, for example `openssl rand -hex 32`.",
    problems: [{ path, message: "expected printable ASCII characters without blanks" }],
  });
}

/** With one value for two of them, nobody could tell which one is meant, and what it may do. */
function requireOfItsOwn({ name, token }: PlannedToken, others: readonly PlannedToken[], path: string): void {
  const other = others.find((known) => known.token.reveal() === token.reveal());
  if (other === undefined) return;
  throw new WorkspaceError(`the tokens \`${other.name}\` and \`${name}\` have the same value`, {
    code: "SPEC_INVALID",
    remedy: "Give each token a value of its own, for example `openssl rand -hex 32`.",
    problems: [{ path, message: `has the value of \`${other.name}\`` }],
  });
}
