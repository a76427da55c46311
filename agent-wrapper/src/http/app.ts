import type { IncomingMessage, ServerResponse } from "node:http";
import type { WorkspaceStatus } from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import express, { type NextFunction, type Response } from "express";
import type { Logger } from "pino";
import type { Uploads } from "../files/uploads.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Sessions } from "../session/sessions.ts";
import type { SessionTerminals } from "../session/session-terminals.ts";
import type { Store } from "../session/store.ts";
import type { Gate } from "./access/gate.ts";
import type { OperationId } from "./access/operations.ts";
import { agentApiHandlers } from "./agentapi.ts";
import { sendBody } from "./body.ts";
import type { Call, Handlers } from "./call.ts";
import { sendFailure } from "./failure.ts";
import type { ReadId } from "./listener.ts";
import { metricsHandler } from "./metrics.ts";
import { pageHandlers } from "./pages.ts";
import { auditHandler } from "./v1/audit.ts";
import { sessionHandlers } from "./v1/sessions.ts";
import { ticketHandler } from "./v1/tickets.ts";

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

/** Runs the handler of an operation. */
export type Serve = (call: Call, id: AppId, response: ServerResponse) => void;
type AppId = Exclude<OperationId, ReadId>;

/**
 * Returns the handlers that use express. Express itself matches no address: it lends its response, and answers with the
 * failure of a handler.
 */
export function createApp(parts: AppParts): Serve {
  const handlers = handlersOf(parts);
  const app = express();
  app.disable("x-powered-by").disable("etag");
  app.use((request: Carrier, response: Response) => {
    const { call, id } = request[carried] as Carried;
    return handlers[id](call, response);
  });
  app.use((error: unknown, request: Carrier, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else sendFailure(response, error, parts.logger, request[carried]?.call);
  });
  return (call, id, response) => {
    (call.request as Carrier)[carried] = { call, id };
    void app(call.request, response);
  };
}

/** Not in a WeakMap: an entry for each request costs the collector as much as all the rest of a short answer. */
const carried = Symbol("carried");

interface Carried {
  readonly call: Call;
  readonly id: AppId;
}

/** A request on its way through express. */
interface Carrier extends IncomingMessage {
  [carried]?: Carried;
}

/** The compiler proves that each operation has its handler, and each handler its operation. */
function handlersOf({
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
}: AppParts): Handlers<AppId, Response> {
  const { main } = sessions;
  return {
    ...pageHandlers(webDirectory, origins),
    ...agentApiHandlers({ session: main, terminal: terminals.of(main), uploads, limits, audit: store.audit }),
    "get-workspace-status": async (_call, response) => {
      sendBody(response, "WorkspaceStatus", await workspaceStatus());
    },
    "post-ticket": ticketHandler(gate, store.audit),
    "get-audit": auditHandler(store),
    "get-metrics": metricsHandler(metrics),
    ...sessionHandlers({ sessions, terminals, store, limits }),
  };
}
