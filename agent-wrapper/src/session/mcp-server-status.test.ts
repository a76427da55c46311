import { expect, test } from "vitest";
import { toMcpServerStatus, warningOf } from "./mcp-server-status.ts";

const client = "[rmcp::worker::WorkerTransport<StreamableHttpClientWorker<codex_rmcp_client::HttpClientAdapter>>]";
const handshake = (name: string, error: string): string => {
  const said = `Send message error Transport ${client} error: ${error}, when send initialize request`;
  return `MCP client for \`${name}\` failed to start: MCP startup failed: handshaking with MCP server failed: ${said}: ${said}`;
};

// Recorded from Codex 0.140 to 0.169.
test.each([
  [
    "missing",
    "MCP client for `missing` failed to start: MCP startup failed: No such file or directory (os error 2)",
    undefined,
    'MCP server "missing" did not start: No such file or directory (os error 2)',
  ],
  [
    "login",
    "The login MCP server is not logged in. Run `codex mcp login login`.",
    undefined,
    'MCP server "login" needs a login: The login MCP server is not logged in. Run `codex mcp login login`.',
  ],
  ["again", "expired", "reauthenticationRequired", 'MCP server "again" needs a login: expired'],
  [
    "forbid",
    handshake("forbid", "unexpected server response: HTTP 403: "),
    undefined,
    'MCP server "forbid" refuses the workspace: handshaking with MCP server failed: unexpected server response: HTTP 403',
  ],
  [
    "pipe",
    handshake("pipe", "Broken pipe (os error 32)"),
    undefined,
    'MCP server "pipe" did not start: handshaking with MCP server failed: Broken pipe (os error 32)',
  ],
  ["silent", null, undefined, 'MCP server "silent" did not start: Codex does not say why'],
])("%s: %s", (name, error, failureReason, warning) => {
  expect(warningOf(toMcpServerStatus({ name, status: "failed", error, failureReason }))).toBe(warning);
});

test.each(["starting", "ready", "cancelled"])("a server that is %s is nothing to warn of", (status) => {
  expect(warningOf(toMcpServerStatus({ name: "fine", status, error: null }))).toBeUndefined();
});
