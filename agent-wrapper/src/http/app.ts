import type { IncomingMessage } from "node:http";
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
import type { Session } from "../session/session.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import type { Store } from "../session/store.ts";
import { isAllowedHost, isAllowedOrigin, type KnownToken, tokenName } from "./access.ts";
import { agentApiRouter } from "./agentapi.ts";
import { sendBody } from "./body.ts";
import { corsHeaders, isFromAllowedOrigin, isPreflight, varyOf } from "./cross-origin.ts";
import { pagesRouter } from "./pages.ts";
import { createRouter, notFound, route } from "./route.ts";
import { HttpProblem, sendProblem, toProblem } from "./problem.ts";
import { sessionRouter } from "./v1/router.ts";

export interface AccessRules {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  readonly tokens: readonly KnownToken[];
}

export interface AppParts {
  readonly rules: AccessRules;
  readonly session: Session;
  readonly store: Store;
  readonly terminal: SessionTerminal;
  readonly uploads: Uploads;
  /** The files of the pages. */
  readonly webDirectory: string;
  readonly readiness: () => Readiness;
  readonly workspaceStatus: () => WorkspaceStatus;
  readonly logger: Logger;
}

/** The wrapper's HTTP: health for anybody; pages behind the checks of Host and Origin; all else behind the token too. */
export function createApp({
  rules,
  webDirectory,
  store,
  readiness,
  workspaceStatus,
  logger,
  ...parts
}: AppParts): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");

  app.use(healthRouter(readiness));
  app.use(checkHost(rules));
  app.use(checkOrigin(rules));
  app.use(pagesRouter(webDirectory, rules.origins));
  app.use(checkToken(rules));
  app.use(agentApiRouter(parts));
  app.use(workspaceRouter(workspaceStatus));
  app.use("/v1/sessions/:session", sessionRouter(new Map([[parts.session.name, parts.session]]), store));
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

function checkHost({ hosts }: AccessRules) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (isAllowedHost(request.headers.host, hosts)) {
      next();
      return;
    }
    const allowed = hosts.map((host) => host.replace(/[[\]]/g, "")).join(", ");
    response.status(400).type("text/plain").send(`Invalid host header. Allowed hosts: ${allowed}\n`);
  };
}

/** CORS for readers, as AgentAPI; beyond it, a foreign page can change nothing: it is refused before it is served. */
function checkOrigin({ origins }: AccessRules) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.vary(varyOf(request).join(", "));
    response.setHeaders(new Map(Object.entries(corsHeaders(request, origins))));
    if (isPreflight(request)) {
      response.status(200).end();
      return;
    }
    const changesState = !["GET", "HEAD", "OPTIONS"].includes(request.method);
    const { origin } = request.headers;
    if (changesState && origin !== undefined && !isFromAllowedOrigin(request, origins)) {
      throw new HttpProblem(403, `requests from ${origin} may change nothing here`, {
        code: "ORIGIN_NOT_ALLOWED",
        remedy: "Add the origin to api.origins.",
      });
    }
    next();
  };
}

function checkToken({ tokens }: AccessRules) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (tokenName(request.headers.authorization, tokens) !== undefined) {
      next();
      return;
    }
    response.setHeader("WWW-Authenticate", 'Bearer realm="codex-workspace", Basic realm="codex-workspace"');
    throw new HttpProblem(401, "the request carries no valid token", {
      code: "TOKEN_INVALID",
      remedy: "Send `Authorization: Bearer TOKEN`, or the token as Basic password (http://x:TOKEN@host).",
    });
  };
}

/** The status that refuses a WebSocket, or nothing: the same checks, where no response object exists. */
export function mayUpgrade(request: IncomingMessage, { hosts, origins, tokens }: AccessRules): number | undefined {
  const { host, origin, authorization } = request.headers;
  if (!isAllowedHost(host, hosts)) return 400;
  if (origin !== undefined && !isAllowedOrigin(origin, host, origins)) return 403;
  return tokenName(authorization, tokens) === undefined ? 401 : undefined;
}
