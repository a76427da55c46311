import type { WorkspaceStatus } from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import express, { type Express, type NextFunction, type Request, type Response, type Router } from "express";
import type { Logger } from "pino";
import type { Uploads } from "../files/uploads.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Sessions } from "../session/sessions.ts";
import type { SessionTerminals } from "../session/session-terminals.ts";
import type { Store } from "../session/store.ts";
import type { Gate } from "./access/gate.ts";
import { agentApiRouter } from "./agentapi.ts";
import { sendBody } from "./body.ts";
import { sendFailure } from "./failure.ts";
import { metricsRouter } from "./metrics.ts";
import { pagesRouter } from "./pages.ts";
import { createRouter, route } from "./route.ts";
import { sendNotFound } from "./text.ts";
import { auditRouter } from "./v1/audit.ts";
import { sessionsRouter } from "./v1/sessions.ts";
import { ticketRouter } from "./v1/tickets.ts";

export interface AppParts {
  readonly gate: Gate;
  /** Of pages that may show ours. */
  readonly origins: readonly string[];
  readonly sessions: Sessions;
  readonly store: Store;
  readonly terminals: SessionTerminals;
  readonly uploads: Uploads;
  readonly limits: ApiLimits;
  readonly metrics: Metrics;
  /** The files of the pages. */
  readonly webDirectory: string;
  readonly workspaceStatus: () => Promise<WorkspaceStatus>;
  readonly logger: Logger;
}

/** What express serves, for requests that were let in. */
export function createApp({
  gate,
  origins,
  sessions,
  store,
  terminals,
  uploads,
  limits,
  metrics,
  webDirectory,
  workspaceStatus,
  logger,
}: AppParts): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");

  app.use(pagesRouter(webDirectory, origins));
  app.use(
    agentApiRouter({
      session: sessions.main,
      terminal: terminals.of(sessions.main),
      uploads,
      limits,
      audit: store.audit,
    }),
  );
  app.use(workspaceRouter(workspaceStatus));
  app.use(ticketRouter(gate, store.audit));
  app.use(auditRouter(store));
  app.use(metricsRouter(metrics));
  app.use(sessionsRouter({ sessions, terminals, store, limits }));
  app.use((_request, response) => sendNotFound(response));

  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else sendFailure(response, error, logger);
  });
  return app;
}

function workspaceRouter(workspaceStatus: AppParts["workspaceStatus"]): Router {
  const router = createRouter();
  route(router, "/v1/status", {
    GET: async (_request, response) => sendBody(response, "WorkspaceStatus", await workspaceStatus()),
  });
  return router;
}
