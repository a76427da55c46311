import type { McpServerStatus } from "@codex-workspace/api";

/** What Codex tells of the start of an MCP server. */
export interface McpStartup {
  readonly name: string;
  readonly status: string;
  readonly error?: string | null | undefined;
  /** Since 0.155; `reauthenticationRequired` is the only one up to 0.169. */
  readonly failureReason?: string | null | undefined;
}

/** An MCP server as it is shown: a failure with its kind and its reason in words. */
export function toMcpServerStatus({ name, status, error, failureReason }: McpStartup): McpServerStatus {
  if (status !== "failed") return { name, status };
  const reason = readable(error ?? "Codex does not say why");
  return { name, status, problem: problemOf(reason, failureReason), reason };
}

/** A sentence for people about a server that an agent does not have; undefined for others. */
export function warningOf({ name, problem, reason = "" }: McpServerStatus): string | undefined {
  switch (problem) {
    case undefined:
      return undefined;
    case "login":
      return `MCP server "${name}" needs a login: ${reason}`;
    case "refused":
      return `MCP server "${name}" refuses the workspace: ${reason}`;
    case "failed":
      return `MCP server "${name}" did not start: ${reason}`;
  }
}

function problemOf(reason: string, failureReason: string | null | undefined): McpServerStatus["problem"] {
  if (failureReason === "reauthenticationRequired" || /not logged in|HTTP 401/i.test(reason)) return "login";
  return /HTTP 403/.test(reason) ? "refused" : "failed";
}

/** Without the names of Rust types that Codex puts before the reason, and without the reason a second time. */
function readable(error: string): string {
  return error
    .replace(/^MCP client for `[^`]*` failed to start: /, "")
    .replace(/^MCP startup failed: /, "")
    .replaceAll(/Send message error Transport \[[^\]]*\] error: /g, "")
    .replace(/(: )?, when send initialize request.*$/s, "")
    .trim();
}
