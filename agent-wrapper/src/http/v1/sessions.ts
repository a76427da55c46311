import { forkRequestSchema, sessionRequestSchema, type SessionList } from "@codex-workspace/api";
import type { Request, Response, Router } from "express";
import type { Session } from "../../session/session.ts";
import type { Sessions } from "../../session/sessions.ts";
import type { SessionTerminals } from "../../session/session-terminals.ts";
import type { Store } from "../../session/store.ts";
import { actorOf } from "../access/gate.ts";
import { sendBody } from "../body.ts";
import { createRouter, route } from "../route.ts";
import { addApprovalRoutes } from "./approvals.ts";
import { addEventRoutes } from "./events.ts";
import { addItemRoutes } from "./items.ts";
import { addPromptRoutes, type PromptLimits } from "./prompts.ts";
import { addTerminalRoute } from "./terminal.ts";
import { bodyOf } from "./request.ts";
import { toSessionBody } from "./session-body.ts";

export interface SessionParts {
  readonly sessions: Sessions;
  readonly terminals: SessionTerminals;
  readonly store: Store;
  readonly limits: PromptLimits;
}

/** `/v1/sessions`, with everything that is below a session. */
export function sessionsRouter({ sessions, terminals, store, limits }: SessionParts): Router {
  const router = createRouter();
  const one = createRouter({ mergeParams: true });
  const sessionOf = (request: Request): Session => sessions.get(String(request.params["session"]));

  route(router, "/v1/sessions", {
    GET(_request, response) {
      const body: SessionList = { sessions: sessions.all.map(toSessionBody) };
      sendBody(response, "SessionList", body);
    },
    async POST(request, response) {
      const wanted = await bodyOf(request, sessionRequestSchema);
      sendCreated(response, await sessions.create(wanted, actorOf(response)));
    },
  });

  route(router, "/v1/sessions/:session", {
    GET: (request, response) => sendSession(response, sessionOf(request)),
    async DELETE(request, response) {
      const session = sessionOf(request);
      await sessions.delete(session, actorOf(response));
      await terminals.end(session);
      response.status(204).end();
    },
  });
  route(one, "/fork", {
    async POST(request, response) {
      const session = sessionOf(request);
      const { name } = await bodyOf(request, forkRequestSchema);
      sendCreated(response, await sessions.fork(session, actorOf(response), name));
    },
  });
  route(one, "/archive", {
    async POST(request, response) {
      const session = sessionOf(request);
      await sessions.archive(session, actorOf(response));
      await terminals.end(session);
      sendSession(response, session);
    },
  });
  route(one, "/unarchive", {
    async POST(request, response) {
      const session = sessionOf(request);
      await sessions.unarchive(session, actorOf(response));
      sendSession(response, session);
    },
  });
  route(one, "/interrupt", {
    async POST(request, response) {
      sendBody(response, "EndedTurn", await sessionOf(request).interrupt(actorOf(response)));
    },
  });
  addPromptRoutes(one, limits, sessionOf);
  addApprovalRoutes(one, store, sessionOf);
  addItemRoutes(one, store, sessionOf);
  addEventRoutes(one, store, sessionOf);
  addTerminalRoute(one);
  router.use("/v1/sessions/:session", one);
  return router;
}

function sendCreated(response: Response, session: Session): void {
  response.status(201).setHeader("Location", `/v1/sessions/${session.name}`);
  sendSession(response, session);
}

function sendSession(response: Response, session: Session): void {
  sendBody(response, "Session", toSessionBody(session));
}
