import { WorkspaceError } from "@codex-workspace/core";
import express, { type Request, type Router } from "express";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import { addEventRoutes } from "./events.ts";
import { addItemRoutes } from "./items.ts";
import { addPromptRoutes } from "./prompts.ts";

/** `/v1/sessions/{session}`. */
export function sessionRouter(sessions: ReadonlyMap<string, Session>, store: Store): Router {
  const router = express.Router({ mergeParams: true });
  const sessionOf = (request: Request): Session => {
    const name = String(request.params["session"]);
    const session = sessions.get(name);
    if (session !== undefined) return session;
    throw new WorkspaceError(`there is no session "${name}"`, {
      code: "SESSION_NOT_FOUND",
      remedy: "GET /v1/sessions lists those there are.",
    });
  };
  addPromptRoutes(router, sessionOf);
  addItemRoutes(router, store, sessionOf);
  addEventRoutes(router, store, sessionOf);
  router.post("/interrupt", async (request, response) => {
    sendBody(response, "EndedTurn", await sessionOf(request).interrupt());
  });
  return router;
}
