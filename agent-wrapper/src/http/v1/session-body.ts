import type { Queue, SessionBody } from "@codex-workspace/api";
import type { Session } from "../../session/session.ts";

/** A session as it is now. */
export function toSessionBody(session: Session): SessionBody {
  const { name, status, since, createdAt, archived, settings } = session;
  const { problem, threadId, turn, lastTurn, usage, model, mcpServers, warnings } = session;
  return {
    name,
    status,
    ...(status === "error" && problem !== undefined && { problem }),
    since: since.toISOString(),
    createdAt: createdAt.toISOString(),
    archived,
    ...(threadId !== undefined && { threadId }),
    ...(turn !== undefined && { turn: { id: turn.id, startedAt: turn.startedAt.toISOString() } }),
    ...(lastTurn !== undefined && { lastTurn }),
    queue: toQueue(session),
    ...(usage !== undefined && { usage }),
    ...(model !== undefined && { model }),
    ...(mcpServers.length > 0 && { mcpServers: [...mcpServers] }),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    settings,
  };
}

export function toQueue({ prompts, queuedInCodex }: Session): Queue {
  return { paused: prompts.paused, queued: prompts.length, queuedInCodex };
}
