import { eventsQuerySchema, lastEventIdSchema } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import type { Call, Handler } from "../call.ts";
import { EventFeed } from "./event-feed.ts";
import { headerOf, queryOf } from "./request.ts";

/** Handler of the stream of a session's events. */
export function eventsHandler(store: Store, sessionOf: (call: Call) => Session): Handler {
  return (call, response) => {
    const { after: asked, deltas } = queryOf(call, eventsQuerySchema);
    const session = sessionOf(call).name;
    const after = asked ?? lastEventId(call) ?? store.events.lastId;
    requireKept(store, session, after);
    new EventFeed(response, { log: store.events, session, after, deltas });
  };
}

function lastEventId(call: Call): number | undefined {
  const id = headerOf(call, "Last-Event-ID", lastEventIdSchema);
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
