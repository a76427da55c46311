import { defaultModelProvider, type ResolvedGrant, Secret, type WorkspaceSpec } from "@codex-workspace/core";

/** What a plan needs of grants where no secret is needed: none is looked up, and each is taken to be for the right host. */
export function unreadGrants({ grants = [], modelProvider = defaultModelProvider }: WorkspaceSpec): ResolvedGrant[] {
  const { host } = new URL(modelProvider.baseUrl);
  return grants.map((name) => ({ name, host, secret: new Secret("unread") }));
}
