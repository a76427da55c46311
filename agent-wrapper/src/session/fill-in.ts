import type { SessionEventData } from "@codex-workspace/api";
import type { Item, Turn } from "../codex/protocol.ts";
import type { LoggedEvent } from "./event-log.ts";
import type { Store } from "./store.ts";
import { toEndedTurn } from "./turn.ts";

/** Stores what Codex's history has and nobody was told: after a crash, or before this state was begun. */
export function fillIn(store: Store, session: string, turns: readonly Turn[]): void {
  const { events, items } = store;
  const last = events.last(session, ["turn/started", "turn/completed"]);
  const cutOff = last?.type === "turn/started" ? turnIdOf(last) : undefined;
  for (const turn of items.kept(session, turns)) {
    if (turn.id === cutOff) fillInTurn(store, session, turn);
    else for (const item of items.missing(session, turn)) items.save(session, turn.id, item);
  }
  if (cutOff === undefined) return;
  const turn = turns.find(({ id }) => id === cutOff);
  const interruptedBy = "restart";
  const ended =
    turn === undefined
      ? { id: cutOff, status: "interrupted" as const, interruptedBy }
      : toEndedTurn(turn, turn.items, { interruptedBy });
  events.append(session, "turn/completed", { turn: ended });
}

/** Stores and tells what Codex's history has of a turn and nobody was told; returns that. */
export function fillInTurn({ events, items }: Store, session: string, turn: Turn): readonly Item[] {
  const missing = items.missing(session, turn);
  for (const item of missing) {
    items.save(session, turn.id, item);
    events.append(session, "item/completed", { turnId: turn.id, item });
  }
  return missing;
}

function turnIdOf({ data }: LoggedEvent): string {
  return (JSON.parse(data) as SessionEventData["turn/started"]).turnId;
}
