import type { ConfigLayer } from "../config/layers.ts";
import { toTomlTable } from "../config/toml-table.ts";
import { gatewayRoutes, relayPorts } from "../gateway/contract.ts";
import type { McpServerSpec, WorkspaceSpec } from "../spec/workspace-spec.ts";

/** The typed MCP servers as `mcp_servers`. */
export function mcpServerSettings({ mcpServers = {} }: WorkspaceSpec): ConfigLayer {
  const name = "mcpServers";
  const servers = Object.entries(mcpServers).map(([id, server]) => [id, mcpServer(id, server)] as const);
  const table = servers.length === 0 ? {} : { mcp_servers: Object.fromEntries(servers) };
  return { name, table: toTomlTable(table, { layer: name }) };
}

/** What is granted a gateway adds, at an address of its own. */
function urlOf(id: string, { url, grant }: McpServerSpec): string | undefined {
  return grant === undefined ? url : `http://127.0.0.1:${relayPorts.modelGateway}${gatewayRoutes.mcp}/${id}`;
}

function mcpServer(id: string, server: McpServerSpec): object {
  const tools = Object.entries(server.tools ?? {}).map(
    ([tool, { approvalMode }]) => [tool, { approval_mode: approvalMode }] as const,
  );
  return {
    command: server.command,
    args: server.args,
    env: server.env,
    env_vars: server.envVars,
    cwd: server.cwd,
    url: urlOf(id, server),
    bearer_token_env_var: server.bearerTokenEnvVar,
    http_headers: server.httpHeaders,
    env_http_headers: server.envHttpHeaders,
    scopes: server.scopes,
    oauth_resource: server.oauthResource,
    enabled: server.enabled,
    required: server.required,
    startup_timeout_sec: server.startupTimeoutSec,
    tool_timeout_sec: server.toolTimeoutSec,
    enabled_tools: server.enabledTools,
    disabled_tools: server.disabledTools,
    default_tools_approval_mode: server.defaultToolsApprovalMode,
    supports_parallel_tool_calls: server.supportsParallelToolCalls,
    tools: tools.length === 0 ? undefined : Object.fromEntries(tools),
  };
}
