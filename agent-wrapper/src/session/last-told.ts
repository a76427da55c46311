import type { EndedTurn, SessionEventData, TokenUsage } from "@codex-workspace/api";
import type { EventLog } from "./event-log.ts";

/** What a session's thread had used when Codex last said so; a new thread has used nothing yet. */
export function lastUsage(events: EventLog, session: string): TokenUsage | undefined {
  const last = events.last(session, ["usage/updated", "thread/started"]);
  if (last?.type !== "usage/updated") return undefined;
  return (JSON.parse(last.data) as SessionEventData["usage/updated"]).usage;
}

/** How the turn ended that ended last. */
export function lastEndedTurn(events: EventLog, session: string): EndedTurn | undefined {
  const last = events.last(session, ["turn/completed"]);
  return last && (JSON.parse(last.data) as SessionEventData["turn/completed"]).turn;
}
