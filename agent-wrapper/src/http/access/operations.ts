import type { TokenScope } from "@codex-workspace/core";

/** What an operation asks of a token: nothing, that it is one, a scope, or a scope for each variant of the request. */
export type Need = "nothing" | "any token" | TokenScope | Readonly<Record<string, TokenScope>>;

export interface Operation {
  /** Method, or ALL, and path; `:name` is one segment, `*` at the end everything below. */
  readonly operation: `${string} /${string}`;
  readonly needs: Need;
  /** The answer stays open: a stream of events, or a WebSocket. Browsers send no header there, so a ticket is taken too. */
  readonly stays?: "events" | "socket";
}

/** Everything that the wrapper serves. What is not here is refused, whether something would answer it or not. */
export const operations: readonly Operation[] = [
  { operation: "GET /healthz", needs: "nothing" },
  { operation: "GET /readyz", needs: "nothing" },

  // Files that are the same in every workspace of a release; what their pages show, they ask for with a token.
  { operation: "ALL /", needs: "nothing" },
  { operation: "ALL /chat", needs: "nothing" },
  { operation: "ALL /chat/*", needs: "nothing" },
  { operation: "ALL /docs", needs: "nothing" },
  { operation: "ALL /docs/*", needs: "nothing" },
  { operation: "ALL /schemas/*", needs: "nothing" },
  { operation: "ALL /openapi.json", needs: "nothing" },
  { operation: "ALL /openapi.yaml", needs: "nothing" },
  { operation: "ALL /openapi-3.0.json", needs: "nothing" },
  { operation: "ALL /openapi-3.0.yaml", needs: "nothing" },

  { operation: "GET /status", needs: "read" },
  { operation: "GET /messages", needs: "read" },
  { operation: "GET /events", needs: "read", stays: "events" },
  { operation: "GET /internal/screen", needs: "read", stays: "events" },
  // By the `type` of the message: keys can do what a person at the terminal can.
  { operation: "POST /message", needs: { user: "prompt", raw: "terminal" } },

  { operation: "POST /upload", needs: "prompt" },

  { operation: "GET /metrics", needs: "read" },

  { operation: "GET /v1/status", needs: "read" },
  // Of all sessions, and who decided what.
  { operation: "GET /v1/audit", needs: "admin" },
  { operation: "POST /v1/tickets", needs: "any token" },
  { operation: "GET /v1/sessions", needs: "read" },
  // With settings of its own: among them what its agent may do.
  { operation: "POST /v1/sessions", needs: "admin" },
  { operation: "GET /v1/sessions/:session", needs: "read" },
  { operation: "DELETE /v1/sessions/:session", needs: "admin" },
  { operation: "POST /v1/sessions/:session/fork", needs: "prompt" },
  { operation: "POST /v1/sessions/:session/archive", needs: "admin" },
  { operation: "POST /v1/sessions/:session/unarchive", needs: "admin" },
  { operation: "GET /v1/sessions/:session/prompts", needs: "read" },
  { operation: "POST /v1/sessions/:session/prompts", needs: "prompt" },
  { operation: "GET /v1/sessions/:session/prompts/:prompt", needs: "read" },
  { operation: "DELETE /v1/sessions/:session/prompts/:prompt", needs: "prompt" },
  { operation: "GET /v1/sessions/:session/queue", needs: "read" },
  { operation: "POST /v1/sessions/:session/queue/pause", needs: "prompt" },
  { operation: "POST /v1/sessions/:session/queue/resume", needs: "prompt" },
  { operation: "POST /v1/sessions/:session/interrupt", needs: "prompt" },
  { operation: "GET /v1/sessions/:session/approvals", needs: "read" },
  { operation: "GET /v1/sessions/:session/approvals/:approval", needs: "read" },
  { operation: "POST /v1/sessions/:session/approvals/:approval/decision", needs: "approve" },
  { operation: "GET /v1/sessions/:session/items", needs: "read" },
  { operation: "GET /v1/sessions/:session/events", needs: "read", stays: "events" },
  { operation: "GET /v1/sessions/:session/terminal", needs: "terminal", stays: "socket" },
];
