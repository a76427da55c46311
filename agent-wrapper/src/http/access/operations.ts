import { type Need, type OperationId as DescribedId, type Route, routes } from "@codex-workspace/api";

export type { Need };

/** An operation that the wrapper serves. */
export interface Operation {
  readonly id: OperationId;
  /** An HTTP method, or `ALL`. */
  readonly method: string;
  /** `{name}` is one segment; a last segment `*` is everything below, and its parameter is called `rest`. */
  readonly path: string;
  readonly needs: Need;
  readonly stays?: Route["stays"];
}

/** Probes that some platforms send as HEAD. */
const probes = {
  "head-health": { method: "HEAD", path: "/healthz", needs: "nothing" },
  "head-readiness": { method: "HEAD", path: "/readyz", needs: "nothing" },
} as const;

/** Other routes that the OpenAPI documents do not describe. */
const undescribed = {
  // Files that are the same in every workspace of a release; their pages ask for a token to show anything else.
  "get-root": { method: "ALL", path: "/", needs: "nothing" },
  "get-chat": { method: "ALL", path: "/chat", needs: "nothing" },
  "get-chat-file": { method: "ALL", path: "/chat/*", needs: "nothing" },
  "get-docs": { method: "GET", path: "/docs", needs: "nothing" },
  "get-docs-file": { method: "GET", path: "/docs/*", needs: "nothing" },
  "get-schema": { method: "GET", path: "/schemas/*", needs: "nothing" },
  "get-openapi-json": { method: "GET", path: "/openapi.json", needs: "nothing" },
  "get-openapi-yaml": { method: "GET", path: "/openapi.yaml", needs: "nothing" },
  "get-openapi-3.0-json": { method: "GET", path: "/openapi-3.0.json", needs: "nothing" },
  "get-openapi-3.0-yaml": { method: "GET", path: "/openapi-3.0.yaml", needs: "nothing" },
  // AgentAPI does not describe this route either: only its own `attach` uses it.
  "subscribe-screen": { method: "GET", path: "/internal/screen", needs: "read", stays: "events" },
} as const;

export type OperationId = DescribedId | keyof typeof undescribed | keyof typeof probes;

/** All operations of the wrapper: the only table by which a request finds its handler and the gate its rule. */
export const operations: readonly Operation[] = [undescribed, routes, probes].flatMap((table) =>
  Object.entries<Omit<Operation, "id">>(table).map(([id, route]) => ({
    ...route,
    id: id as OperationId,
    method: route.method.toUpperCase(),
  })),
);
