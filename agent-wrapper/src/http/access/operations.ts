import { type Need, type Route, routes } from "@codex-workspace/api";

export type { Need };

/** Something that the wrapper serves, as the gate sees it. */
export interface Operation {
  /** Method, or ALL, and path; `{name}` is one segment, `*` at the end everything below. */
  readonly operation: `${string} /${string}`;
  readonly needs: Need;
  readonly stays?: Route["stays"];
}

/** Everything that the wrapper serves. What is not here is refused, whether something would answer it or not. */
export const operations: readonly Operation[] = [
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

  ...Object.values(routes).map(toRule),
  // AgentAPI describes it as little: it is for its own `attach`.
  { operation: "GET /internal/screen", needs: "read", stays: "events" },
  // For probes of platforms, some of which ask so.
  { operation: "HEAD /healthz", needs: "nothing" },
  { operation: "HEAD /readyz", needs: "nothing" },
];

function toRule({ method, path, needs, stays }: Route): Operation {
  return { operation: `${method.toUpperCase()} ${path as `/${string}`}`, needs, stays };
}
