import { grantedHost, type ResolvedGrant, Secret, type WorkspaceSpec } from "@codex-workspace/core";

/** What a plan needs of grants where no secret is needed: none is looked up, and each is taken to be for the right host. */
export function unreadGrants(spec: WorkspaceSpec): ResolvedGrant[] {
  const secret = new Secret("unread");
  return (spec.grants ?? []).map((name) => ({ name, host: grantedHost(spec, name) ?? "unread.invalid", secret }));
}
