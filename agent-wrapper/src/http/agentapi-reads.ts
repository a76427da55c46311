import type { StatusBody } from "@codex-workspace/api";
import type { Session } from "../session/session.ts";
import { agentStatus, agentType } from "./agent-status.ts";
import { sendBody } from "./body.ts";
import { ConversationFeed } from "./conversation-feed.ts";
import type { Read, Reads } from "./reads.ts";

/** AgentAPI's reads that are asked for all the time, for one session. */
export function agentApiReads(session: Session): Reads {
  return new Map<string, Read>([
    [
      "GET /status",
      (_request, response) => {
        const body: StatusBody = { status: agentStatus(session), agent_type: agentType, transport: "pty" };
        sendBody(response, "StatusResponseBody", body);
      },
    ],
    [
      "GET /events",
      (_request, response) => {
        new ConversationFeed(session, response);
      },
    ],
  ]);
}
