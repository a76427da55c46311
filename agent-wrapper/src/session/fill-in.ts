import type { SessionEventData } from "@codex-workspace/api";
import type { Turn } from "../codex/protocol.ts";
import type { LoggedEvent } from "./event-log.ts";
import type { Store } from "./store.ts";
import { toEndedTurn } from "./turn.ts";

/** Stores what Codex's history has and nobody was told: after a crash, or before this state was begun. */
export function fillIn({ events, items }: Store, session: string, turns: readonly Turn[]): void {
  const last = events.last(session, ["turn/started", "turn/completed"]);
  const cutOff = last?.type === "turn/started" ? turnIdOf(last) : undefined;
  for (const turn of turns) {
    for (const item of items.missing(session, turn)) {
      items.save(session, turn.id, item);
      if (turn.id === cutOff) events.append(session, "item/completed", { turnId: turn.id, item });
    }
  }
  if (cutOff === undefined) return;
  const turn = turns.find(({ id }) => id === cutOff);
  const ended = turn === undefined ? { id: cutOff, status: "interrupted" as const } : toEndedTurn(turn, turn.items);
  events.append(session, "turn/completed", { turn: ended });
}

function turnIdOf({ data }: LoggedEvent): string {
  return (JSON.parse(data) as SessionEventData["turn/started"]).turnId;
}
