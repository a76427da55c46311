import type { Metrics } from "../metrics/metrics.ts";
import type { Handler } from "./call.ts";

/** Handler of `GET /metrics`, for Prometheus. */
export function metricsHandler(metrics: Metrics): Handler {
  return async (_call, response) => {
    response.setHeader("Content-Type", metrics.contentType).end(await metrics.text());
  };
}
