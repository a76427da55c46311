import type { Scope } from "./tickets.ts";

/** What an operation asks of a token: nothing, that it is one, a scope, or a scope for each variant of the request. */
export type Need = "nothing" | "any token" | Scope | Readonly<Record<string, Scope>>;

/** Method and path, and who may. */
export interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** A parameter in it is `{name}`. */
  readonly path: string;
  readonly needs: Need;
  /** The answer stays open: a stream of events, or a WebSocket. Browsers send no header there, so a ticket is taken too. */
  readonly stays?: "events" | "socket";
}

/** The route of each operation, by its id. Apart from what describes it, so that whoever lets requests in loads no schemas. */
export const routes = {
  "get-status": { method: "get", path: "/status", needs: "read" },
  "get-messages": { method: "get", path: "/messages", needs: "read" },
  "post-message": { method: "post", path: "/message", needs: { user: "prompt", raw: "terminal" } },
  "post-upload": { method: "post", path: "/upload", needs: "prompt" },
  subscribeEvents: { method: "get", path: "/events", needs: "read", stays: "events" },
  "list-sessions": { method: "get", path: "/v1/sessions", needs: "read" },
  "create-session": { method: "post", path: "/v1/sessions", needs: "admin" },
  "get-session": { method: "get", path: "/v1/sessions/{session}", needs: "read" },
  "delete-session": { method: "delete", path: "/v1/sessions/{session}", needs: "admin" },
  "fork-session": { method: "post", path: "/v1/sessions/{session}/fork", needs: "prompt" },
  "archive-session": { method: "post", path: "/v1/sessions/{session}/archive", needs: "admin" },
  "unarchive-session": { method: "post", path: "/v1/sessions/{session}/unarchive", needs: "admin" },
  "interrupt-session": { method: "post", path: "/v1/sessions/{session}/interrupt", needs: "prompt" },
  "send-prompt": { method: "post", path: "/v1/sessions/{session}/prompts", needs: "prompt" },
  "list-prompts": { method: "get", path: "/v1/sessions/{session}/prompts", needs: "read" },
  "get-prompt": { method: "get", path: "/v1/sessions/{session}/prompts/{prompt}", needs: "read" },
  "cancel-prompt": { method: "delete", path: "/v1/sessions/{session}/prompts/{prompt}", needs: "prompt" },
  "get-queue": { method: "get", path: "/v1/sessions/{session}/queue", needs: "read" },
  "pause-queue": { method: "post", path: "/v1/sessions/{session}/queue/pause", needs: "prompt" },
  "resume-queue": { method: "post", path: "/v1/sessions/{session}/queue/resume", needs: "prompt" },
  "list-approvals": { method: "get", path: "/v1/sessions/{session}/approvals", needs: "read" },
  "get-approval": { method: "get", path: "/v1/sessions/{session}/approvals/{approval}", needs: "read" },
  "decide-approval": { method: "post", path: "/v1/sessions/{session}/approvals/{approval}/decision", needs: "approve" },
  "list-items": { method: "get", path: "/v1/sessions/{session}/items", needs: "read" },
  "subscribe-session-events": { method: "get", path: "/v1/sessions/{session}/events", needs: "read", stays: "events" },
  "open-terminal": { method: "get", path: "/v1/sessions/{session}/terminal", needs: "terminal", stays: "socket" },
  "get-workspace-status": { method: "get", path: "/v1/status", needs: "read" },
  "get-metrics": { method: "get", path: "/metrics", needs: "read" },
  // Of all sessions, and who decided what.
  "get-audit": { method: "get", path: "/v1/audit", needs: "admin" },
  "post-ticket": { method: "post", path: "/v1/tickets", needs: "any token" },
  "get-health": { method: "get", path: "/healthz", needs: "nothing" },
  "get-readiness": { method: "get", path: "/readyz", needs: "nothing" },
} as const satisfies Readonly<Record<string, Route>>;

/** Id of an operation that the OpenAPI documents describe. */
export type OperationId = keyof typeof routes;

/** What the description of an operation begins with. */
export function routeOf(operationId: OperationId): Route & { readonly operationId: string } {
  return { operationId, ...routes[operationId] };
}
