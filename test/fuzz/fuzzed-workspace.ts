import { tokenScopes, type TokenScope } from "@codex-workspace/core";
import { secretOf, TestWorkspace } from "../support/workspace.ts";

const nameOf = (scope: TokenScope): string => `only-${scope}`;

/** The value of the token that has one scope. */
export function tokenWith(scope: TokenScope): string {
  return secretOf({ env: nameOf(scope) }).reveal();
}

/** A workspace with a token of each scope beside the owner's, and limits that a fuzz does not reach. */
export async function startFuzzedWorkspace(): Promise<TestWorkspace> {
  const tokens = tokenScopes.map((scope) => ({
    name: nameOf(scope),
    token: { env: nameOf(scope) },
    scopes: [scope],
  }));
  const owner = { name: "owner", token: { env: "OWNER" }, scopes: [...tokenScopes] };
  return TestWorkspace.start({
    api: { tokens: [owner, ...tokens], limits: { changesPerMinute: 1_000_000, streams: 1_000, connections: 10_000 } },
  });
}

/** Headers of the token that has every scope. */
export const owner = { authorization: `Bearer ${secretOf({ env: "OWNER" }).reveal()}` };
