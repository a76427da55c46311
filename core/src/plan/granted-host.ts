import type { WorkspaceSpec } from "../spec/workspace-spec.ts";
import { defaultModelProvider } from "./plan-workspace.ts";

/** The host that a grant of this name has to be for, as a URL has it; nothing where the spec says nothing of it. */
export function grantedHost(
  { modelProvider = defaultModelProvider, mcpServers = {} }: WorkspaceSpec,
  name: string,
): string | undefined {
  if (name === "openai") return new URL(modelProvider.baseUrl).host;
  if (name === "github") return "github.com";
  const server = Object.values(mcpServers).find(({ grant }) => grant === name);
  return server?.url === undefined ? undefined : new URL(server.url).host;
}
