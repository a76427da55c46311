import type { Readiness, WorkspaceStatus } from "@codex-workspace/api";
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from "express";
import type { Logger } from "pino";
import type { Uploads } from "../files/uploads.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Sessions } from "../session/sessions.ts";
import type { SessionTerminals } from "../session/session-terminals.ts";
import type { Store } from "../session/store.ts";
import type { Gate } from "./access/gate.ts";
import { agentApiRouter } from "./agentapi.ts";
import { sendBody } from "./body.ts";
import { metricsRouter } from "./metrics.ts";
import { pagesRouter } from "./pages.ts";
import { createRouter, notFound, route } from "./route.ts";
import { sendProblem, toProblem } from "./problem.ts";
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
  readonly metrics: Metrics;
  /** The files of the pages. */
  readonly webDirectory: string;
  readonly readiness: () => Readiness;
  readonly workspaceStatus: () => WorkspaceStatus;
  readonly logger: Logger;
}

/** The wrapper's HTTP: health for anybody, everything else behind the gate. */
export function createApp({
  gate,
  origins,
  sessions,
  store,
  terminals,
  uploads,
  metrics,
  webDirectory,
  readiness,
  workspaceStatus,
  logger,
}: AppParts): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");

  app.use(healthRouter(readiness));
  app.use(gate.handlers);
  app.use(pagesRouter(webDirectory, origins));
  app.use(agentApiRouter({ session: sessions.main, terminal: terminals.of(sessions.main), uploads }));
  app.use(workspaceRouter(workspaceStatus));
  app.use(ticketRouter(gate));
  app.use(auditRouter(store));
  app.use(metricsRouter(metrics));
  app.use(sessionsRouter({ sessions, terminals, store }));
  app.use(notFound);

  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) logger.error({ err: error, path: request.path }, "request failed");
    sendProblem(response, problem);
  });
  return app;
}

/** For probes of platforms, which some send as HEAD. */
function healthRouter(readiness: AppParts["readiness"]): Router {
  const router = createRouter();
  const answerHealth: RequestHandler = (_request, response) => void response.json({ ok: true });
  const answerReadiness: RequestHandler = (_request, response) => {
    const answer = readiness();
    response.status(answer.ready ? 200 : 503).json(answer);
  };
  route(router, "/healthz", { GET: answerHealth, HEAD: answerHealth });
  route(router, "/readyz", { GET: answerReadiness, HEAD: answerReadiness });
  return router;
}

function workspaceRouter(workspaceStatus: AppParts["workspaceStatus"]): Router {
  const router = createRouter();
  route(router, "/v1/status", {
    GET: (_request, response) => sendBody(response, "WorkspaceStatus", workspaceStatus()),
  });
  return router;
}
