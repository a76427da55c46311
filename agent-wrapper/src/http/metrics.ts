import type { Router } from "express";
import type { Metrics } from "../metrics/metrics.ts";
import { createRouter, route } from "./route.ts";

/** `GET /metrics`, for Prometheus. */
export function metricsRouter(metrics: Metrics): Router {
  const router = createRouter();
  route(router, "/metrics", {
    async GET(_request, response) {
      response.setHeader("Content-Type", metrics.contentType).end(await metrics.text());
    },
  });
  return router;
}
