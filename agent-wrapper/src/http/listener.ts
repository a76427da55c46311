import type { RequestListener, ServerResponse } from "node:http";
import type { Readiness } from "@codex-workspace/api";
import type { Express } from "express";
import { agentApiReads } from "./agentapi-reads.ts";
import type { AppParts } from "./app.ts";
import { sendFailure } from "./failure.ts";
import { healthReads } from "./health.ts";
import { pathOf } from "./path-of.ts";
import type { Read, Reads } from "./reads.ts";
import { securityHeaders } from "./security-headers.ts";

export interface ListenerParts extends AppParts {
  readonly readiness: () => Readiness;
}

/**
 * The wrapper's HTTP: health for anybody, everything else behind the gate. What is asked for all the time is answered
 * without express, which takes longer to find a handler than the handler takes, and is loaded by who needs it first.
 */
export function createListener(parts: ListenerParts): RequestListener {
  const { gate, logger } = parts;
  const { forAnybody, admitted } = readsOf(parts);
  let app: Promise<Express> | undefined;
  const fail = (response: ServerResponse, error: unknown): void => {
    if (response.headersSent) response.destroy();
    else sendFailure(response, error, logger);
  };
  const ofApp: Read = (request, response) => {
    app ??= import("./app.ts").then(({ createApp }) => createApp(parts));
    app.then((serve) => void serve(request, response)).catch((error: unknown) => fail(response, error));
  };
  return (request, response) => {
    response.setHeaders(securityHeaders);
    try {
      const asked = `${request.method ?? ""} ${pathOf(request)}`;
      const open = forAnybody.get(asked);
      if (open !== undefined) open(request, response);
      else if (gate.admits(request, response)) (admitted.get(asked) ?? ofApp)(request, response);
    } catch (error) {
      fail(response, error);
    }
  };
}

/** What is answered without express. */
export function readsOf({ readiness, sessions }: Pick<ListenerParts, "readiness" | "sessions">): {
  readonly forAnybody: Reads;
  readonly admitted: Reads;
} {
  return { forAnybody: healthReads(readiness), admitted: agentApiReads(sessions.main) };
}
