import type { StatusBody } from "@codex-workspace/api";
import type { Session } from "../session/session.ts";
import { agentStatus, agentType } from "./agent-status.ts";
import { sendBody } from "./body.ts";
import type { Handlers } from "./call.ts";
import { ConversationFeed } from "./conversation-feed.ts";

/** Handlers of AgentAPI's frequent reads, for one session. */
export function agentApiReads(session: Session): Handlers<"get-status" | "subscribeEvents"> {
  return {
    "get-status": (_call, response) => {
      const body: StatusBody = { status: agentStatus(session), agent_type: agentType, transport: "pty" };
      sendBody(response, "StatusResponseBody", body);
    },
    subscribeEvents: (_call, response) => {
      new ConversationFeed(session, response);
    },
  };
}
