import { eventsQuerySchema, lastEventIdSchema } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Request, Router } from "express";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { route } from "../route.ts";
import { EventFeed } from "./event-feed.ts";
import { headerOf, queryOf } from "./request.ts";

/** What happens in a session. */
export function addEventRoutes(router: Router, store: Store, sessionOf: (request: Request) => Session): void {
  route(router, "/events", {
    GET: (request, response) => {
      const { after: asked, deltas } = queryOf(request, eventsQuerySchema);
      const session = sessionOf(request).name;
      const after = asked ?? lastEventId(request) ?? store.events.lastId;
      requireKept(store, session, after);
      new EventFeed(response, { log: store.events, session, after, deltas });
    },
  });
}

function lastEventId(request: Request): number | undefined {
  const id = headerOf(request, "Last-Event-ID", lastEventIdSchema);
  return id === undefined ? undefined : Number(id);
}

function requireKept({ events }: Store, session: string, after: number): void {
  const goneUpTo = events.goneUpTo(session);
  if (after >= goneUpTo && after <= events.lastId) return;
  throw new WorkspaceError(`the events after ${after} are not there; there are those after ${goneUpTo}`, {
    code: "EVENTS_GONE",
    remedy: "Read status, prompts and items anew, then follow the events without `after` and without Last-Event-ID.",
  });
}
