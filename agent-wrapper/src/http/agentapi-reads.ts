import type { ServerResponse } from "node:http";
import type { MessageUpdate, StatusBody, StatusChange } from "@codex-workspace/api";
import type { Message } from "../session/conversation.ts";
import type { Session } from "../session/session.ts";
import { sendBody } from "./body.ts";
import { cutText } from "./cut-text.ts";
import { EventStream, toFrame } from "./event-stream.ts";
import type { Read, Reads } from "./reads.ts";

const agentType = "codex";

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
    ["GET /events", (_request, response) => streamEvents(session, response)],
  ]);
}

function streamEvents(session: Session, response: ServerResponse): void {
  const stream = new EventStream(response);
  let lastStatus = agentStatus(session);
  const onMessage = (message: Message): void => stream.send(frameOf(message));
  const onStatus = (): void => {
    const status = agentStatus(session);
    if (status === lastStatus) return;
    lastStatus = status;
    stream.send(toFrame("status_change", toStatusChange(status)));
  };
  session.messages.forEach(onMessage);
  stream.send(toFrame("status_change", toStatusChange(lastStatus)));
  session.on("message", onMessage).on("status", onStatus);
  stream.onClose(() => session.off("message", onMessage).off("status", onStatus));
}

/** Codex's word, in AgentAPI's two: only a session that would take a prompt is `stable`. */
function agentStatus(session: Session): StatusBody["status"] {
  return session.acceptsPrompts ? "stable" : "running";
}

/** AgentAPI's Go client ends at an event of more than 128 KiB. */
const maxMessageBytes = 127 * 1024;

/** Each state of a message is written once, however many read it. */
const frames = new WeakMap<Message, string>();

function frameOf(message: Message): string {
  const known = frames.get(message);
  if (known !== undefined) return known;
  const frame = toFrame("message_update", toUpdate(message));
  frames.set(message, frame);
  return frame;
}

function toUpdate({ id, content, role, time }: Message): MessageUpdate {
  const message = cutText(content, maxMessageBytes, "GET /messages has the whole message");
  return { id, role, message, time: time.toISOString() };
}

function toStatusChange(status: StatusBody["status"]): StatusChange {
  return { status, agent_type: agentType };
}
