import type { RequestListener, ServerResponse } from "node:http";
import type { Readiness } from "@codex-workspace/api";
import type { Gate } from "./access/gate.ts";
import type { OperationId } from "./access/operations.ts";
import { agentApiReads } from "./agentapi-reads.ts";
import type { AppParts, Serve } from "./app.ts";
import { ask, type Call, type Handlers, wholeServer } from "./call.ts";
import { sendFailure } from "./failure.ts";
import { healthReads } from "./health.ts";
import { securityHeaders } from "./security-headers.ts";

export interface ListenerParts extends AppParts {
  readonly readiness: () => Readiness;
}

/** Handlers that need nothing of express. */
type Reads = Handlers<ReadId>;
export type ReadId =
  "get-health" | "head-health" | "get-readiness" | "head-readiness" | "get-status" | "subscribeEvents";

/**
 * Returns the wrapper's HTTP: a request is parsed and matched once, the gate judges the operation that was found, and the
 * handler of the same operation runs. Frequent reads are answered without express, which is loaded on first need.
 */
export function createListener(parts: ListenerParts): RequestListener {
  const { gate, logger, readiness, sessions } = parts;
  const reads: Reads = { ...healthReads(readiness), ...agentApiReads(sessions.main) };
  let app: Promise<Serve> | undefined;
  const fail = (response: ServerResponse, error: unknown, call?: Call): void => {
    if (response.headersSent) response.destroy();
    else sendFailure(response, error, logger, call);
  };
  const serve = (call: Call, response: ServerResponse): void => {
    const { id } = call.operation;
    if (isRead(id, reads)) {
      reads[id](call, response);
      return;
    }
    app ??= import("./app.ts").then(({ createApp }) => createApp(parts));
    app.then((serveByApp) => serveByApp(call, id, response)).catch((error: unknown) => fail(response, error, call));
  };
  return dispatch(gate, serve, fail);
}

/** Returns a listener that gives each admitted call to `serve`: the operation that the gate judged, and no address. */
function dispatch(
  gate: Gate,
  serve: (call: Call, response: ServerResponse) => void,
  fail: (response: ServerResponse, error: unknown) => void,
): RequestListener {
  return (request, response) => {
    response.setHeaders(securityHeaders);
    try {
      if (request.method === "OPTIONS" && request.url === wholeServer) {
        // As Go's server, and so AgentAPI's: the answer says nothing about any operation.
        if (gate.admitsHost(request, response)) response.end();
        return;
      }
      const call = gate.admit(ask(request), response);
      if (call !== undefined) serve(call, response);
    } catch (error) {
      fail(response, error);
    }
  };
}

function isRead(id: OperationId, reads: Reads): id is ReadId {
  return Object.hasOwn(reads, id);
}
