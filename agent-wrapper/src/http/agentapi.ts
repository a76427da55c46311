import type { ServerResponse } from "node:http";
import { messageRequestSchema, type ScreenBody, type UploadBody } from "@codex-workspace/api";
import type { ApiLimits } from "@codex-workspace/core";
import type { Router } from "express";
import type { Uploads } from "../files/uploads.ts";
import type { AuditLog } from "../session/audit-log.ts";
import type { Session } from "../session/session.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import { actorOf, requireVariant } from "./access/gate.ts";
import { sendBody, sendBodyInPieces } from "./body.ts";
import { EventStream, toFrame } from "./event-stream.ts";
import { cutText } from "./cut-text.ts";
import { parseJsonBody } from "./json-body.ts";
import { messagesJson } from "./messages-body.ts";
import { HttpProblem } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { createRouter, route } from "./route.ts";
import { receiveUpload } from "./upload-request.ts";

export interface AgentApiParts {
  readonly session: Session;
  readonly terminal: SessionTerminal;
  readonly uploads: Uploads;
  readonly limits: Pick<ApiLimits, "uploadMiB">;
  readonly audit: AuditLog;
}

/** AgentAPI's other paths, for one session. Reads never wait for a send. */
export function agentApiRouter({ session, terminal, uploads, limits, audit }: AgentApiParts): Router {
  const router = createRouter();

  route(router, "/messages", {
    GET(_request, response) {
      sendBodyInPieces(response, "MessagesResponseBody", messagesJson([...session.messages]));
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
      const filePath = await receiveUpload(request, uploads, limits.uploadMiB, (file) => {
        audit.record({ actor, action: "file/uploaded", details: { ...file } });
      });
      const body: UploadBody = { ok: true, filePath };
      sendBody(response, "UploadResponseBody", body);
    },
  });

  route(router, "/internal/screen", {
    async GET(_request, response) {
      await terminal.start();
      streamScreen(terminal, response);
    },
  });

  return router;
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
