import type { ServerResponse } from "node:http";
import {
  type MessageBody,
  messageRequestSchema,
  type ScreenBody,
  type MessageUpdate,
  type StatusBody,
  type StatusChange,
  type UploadBody,
} from "@codex-workspace/api";
import type { Router } from "express";
import type { Uploads } from "../files/uploads.ts";
import type { AuditLog } from "../session/audit-log.ts";
import type { Message } from "../session/conversation.ts";
import type { Session } from "../session/session.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import { actorOf, requireVariant } from "./access/gate.ts";
import { sendBody } from "./body.ts";
import { EventStream, toFrame } from "./event-stream.ts";
import { cutText } from "./cut-text.ts";
import { parseJsonBody } from "./json-body.ts";
import { HttpProblem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import type { Read, Reads } from "./reads.ts";
import { createRouter, route } from "./route.ts";
import { receiveUpload } from "./upload-request.ts";

const agentType = "codex";

export interface AgentApiParts {
  readonly session: Session;
  readonly terminal: SessionTerminal;
  readonly uploads: Uploads;
  readonly audit: AuditLog;
}

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

/** AgentAPI's other paths, for one session. Reads never wait for a send. */
export function agentApiRouter({ session, terminal, uploads, audit }: AgentApiParts): Router {
  const router = createRouter();

  route(router, "/messages", {
    GET(_request, response) {
      sendBody(response, "MessagesResponseBody", { messages: session.messages.map(toBody) });
    },
  });

  route(router, "/message", {
    async POST(request, response) {
      const text = await readBody(request);
      const { content, type } = parseJsonBody(messageRequestSchema, text, request.headers["content-type"]);
      requireVariant(request, response, type);
      const actor = actorOf(response);
      if (type === "raw") await terminal.write(Buffer.from(content), actor);
      else await session.send(requireText(content), actor);
      sendBody(response, "MessageResponseBody", { ok: true });
    },
  });

  route(router, "/upload", {
    async POST(request, response) {
      const actor = actorOf(response);
      const filePath = await receiveUpload(request, uploads, (file) => {
        audit.record({ actor, action: "file/uploaded", details: { ...file } });
      });
      const body: UploadBody = { ok: true, filePath };
      sendBody(response, "UploadResponseBody", body);
    },
  });

  route(router, "/internal/screen", {
    async GET(_request, response) {
      await terminal.start();
      const stream = new EventStream(response);
      stream.onClose(terminal.onScreen((screen) => stream.send(toFrame("screen", toScreen(screen)))));
    },
  });

  return router;
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

function requireText(content: string): string {
  const text = trimUserText(content);
  if (text !== "") return text;
  throw new HttpProblem(422, "message must not be empty", {
    code: "REQUEST_INVALID",
    remedy: "Send a prompt that has more than white space.",
    errors: [{ message: "message must not be empty", location: "body.content", value: content }],
  });
}

/** What AgentAPI takes off both ends of a user's text. A no-break space stays. */
const blanks = new Set(" \t\n\r\f\v");

function trimUserText(content: string): string {
  let start = 0;
  let end = content.length;
  while (start < end && blanks.has(content.charAt(start))) start++;
  while (end > start && blanks.has(content.charAt(end - 1))) end--;
  return content.slice(start, end);
}

function toBody({ id, content, role, time }: Message): MessageBody {
  return { id, content, role, time: time.toISOString() };
}

/** AgentAPI's Go client ends at an event of more than 128 KiB, its `attach` at a screen of more than 256. */
const maxMessageBytes = 127 * 1024;
const maxScreenBytes = 255 * 1024;

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

function toScreen(text: string): ScreenBody {
  return { screen: cutText(text, maxScreenBytes, "the terminal has the whole screen") };
}

function toStatusChange(status: StatusBody["status"]): StatusChange {
  return { status, agent_type: agentType };
}
