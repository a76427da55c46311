import type { StatusBody } from "@codex-workspace/api";
import type { Session } from "../session/session.ts";

export const agentType = "codex";

/** Returns Codex's status as one of AgentAPI's two words: only a session that takes a prompt is `stable`. */
export function agentStatus(session: Session): StatusBody["status"] {
  return session.acceptsPrompts ? "stable" : "running";
}
