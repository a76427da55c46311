import { isAtLeast } from "../codex-release.ts";
import { renderKeyPath } from "../config/key-path.ts";
import type { ConfigLayer } from "../config/layers.ts";
import { isTomlTable, valueOf } from "../config/toml-table.ts";
import { type Problem, WorkspaceError } from "../errors.ts";

/** Names that Codex takes (observed on 0.155 to 0.171). */
const names = { pattern: /^[A-Za-z0-9_:@/.-]+$/, characters: "letters, digits and `-_:@/.`" };

/** Names that earlier versions take (observed on 0.140). */
const earlierNames = { pattern: /^[A-Za-z0-9_-]+$/, characters: "letters, digits and `-_`" };

/**
 * Refuses names of MCP servers that Codex starts no server for. Codex would report such a server as failed only after
 * the session has started.
 *
 * @throws WorkspaceError `SPEC_INVALID` naming every such server, with its layer
 */
export function requireMcpServerNames(layers: readonly ConfigLayer[], codexVersion: string): void {
  const { pattern, characters } = isAtLeast(codexVersion, [0, 155]) ? names : earlierNames;
  const problems = layers.flatMap(({ name: layer, table }) => {
    const servers = valueOf(table, "mcp_servers");
    return Object.keys(isTomlTable(servers) ? servers : {})
      .filter((name) => !pattern.test(name))
      .map((name): Problem => {
        const message = `expected a name of ${characters}, got ${JSON.stringify(name)}`;
        return { path: `${layer}.${renderKeyPath(["mcp_servers", name])}`, message };
      });
  });
  const [first] = problems;
  if (first === undefined) return;
  throw new WorkspaceError(`${first.path}: ${first.message}`, {
    code: "SPEC_INVALID",
    remedy: "Rename the MCP server.",
    problems,
  });
}
