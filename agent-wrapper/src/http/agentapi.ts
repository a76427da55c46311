import type { ServerResponse } from "node:http";
import { messageRequestSchema, type ScreenBody, type UploadBody } from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import type { Response } from "express";
import type { Uploads } from "../files/uploads.ts";
import type { AuditLog } from "../session/audit-log.ts";
import type { Session } from "../session/session.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import { requireVariant } from "./access/gate.ts";
import { sendBody, sendBodyInPieces } from "./body.ts";
import { actorOf, type Handlers } from "./call.ts";
import { EventStream, toFrame } from "./event-stream.ts";
import { cutText } from "./cut-text.ts";
import { parseJsonBody } from "./json-body.ts";
import { messagesJson } from "./messages-body.ts";
import { HttpProblem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { receiveUpload } from "./upload-request.ts";

export interface AgentApiParts {
  readonly session: Session;
  readonly terminal: SessionTerminal;
  readonly uploads: Uploads;
  readonly limits: Pick<ApiLimits, "uploadMiB">;
  readonly audit: AuditLog;
}

/** Handlers of AgentAPI's other operations, for one session. Reads never wait for a send. */
export function agentApiHandlers({
  session,
  terminal,
  uploads,
  limits,
  audit,
}: AgentApiParts): Handlers<"get-messages" | "post-message" | "post-upload" | "subscribe-screen", Response> {
  return {
    "get-messages": (_call, response) => {
      sendBodyInPieces(response, "MessagesResponseBody", messagesJson([...session.messages]));
    },
    "post-message": async (call, response) => {
      const { request } = call;
      const text = await readBody(request);
      const { content, type } = parseJsonBody(messageRequestSchema, text, request.headers["content-type"]);
      requireVariant(call, type);
      const actor = actorOf(call);
      if (type === "raw") await terminal.write(Buffer.from(content), actor);
      else await session.send(requireText(content), actor);
      sendBody(response, "MessageResponseBody", { ok: true });
    },
    "post-upload": async (call, response) => {
      const actor = actorOf(call);
      const filePath = await receiveUpload(call.request, uploads, limits.uploadMiB, (file) => {
        audit.record({ actor, action: "file/uploaded", details: { ...file } });
      });
      const body: UploadBody = { ok: true, filePath };
      sendBody(response, "UploadResponseBody", body);
    },
    "subscribe-screen": async (_call, response) => {
      await terminal.start();
      streamScreen(terminal, response);
    },
  };
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

/** A slow reader misses screens: only the newest is kept for it. */
function streamScreen(terminal: SessionTerminal, response: ServerResponse): void {
  let newest: string | undefined;
  const stream = new EventStream(response, () => {
    const screen = newest;
    newest = undefined;
    return screen === undefined ? undefined : toFrame("screen", toScreen(screen));
  });
  const leave = terminal.onScreen((screen) => {
    newest = screen;
    stream.pump();
  });
  stream.onClose(leave);
}

/** AgentAPI's `attach` ends at a screen of more than 256 KiB. */
const maxScreenBytes = 255 * 1024;

function toScreen(text: string): ScreenBody {
  return { screen: cutText(text, maxScreenBytes, "the terminal has the whole screen") };
}
