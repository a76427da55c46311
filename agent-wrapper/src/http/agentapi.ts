import type { MessageBody, MessageUpdate, StatusBody, StatusChange } from "@codex-workspace/api";
import express, { type Router } from "express";
import type { Message } from "../session/conversation.ts";
import type { Session } from "../session/session.ts";
import type { SessionTerminal } from "../session/session-terminal.ts";
import { sendBody } from "./body.ts";
import { EventStream } from "./event-stream.ts";
import { maxBodyBytes, parseMessageRequest, trimUserText } from "./message-request.ts";
import { HttpProblem } from "./problem.ts";

const agentType = "codex";

/** AgentAPI's paths, for one session. Reads never wait for a send. */
export function agentApiRouter(session: Session, terminal: SessionTerminal): Router {
  const router = express.Router();

  router.get("/status", (_request, response) => {
    const body: StatusBody = { status: agentStatus(session), agent_type: agentType, transport: "pty" };
    sendBody(response, "StatusResponseBody", body);
  });

  router.get("/messages", (_request, response) => {
    sendBody(response, "MessagesResponseBody", { messages: session.messages.map(toBody) });
  });

  router.post(
    "/message",
    express.text({ type: () => true, limit: maxBodyBytes - 1, defaultCharset: "utf-8" }),
    async (request, response) => {
      // Without a body there is nothing to parse, and express leaves `undefined`.
      const text = typeof request.body === "string" ? request.body : "";
      const { content, type } = parseMessageRequest(text, request.headers["content-type"]);
      if (type === "raw") await terminal.write(Buffer.from(content));
      else await session.send(requireText(content));
      sendBody(response, "MessageResponseBody", { ok: true });
    },
  );

  router.get("/events", (_request, response) => {
    const stream = new EventStream(response);
    let lastStatus = agentStatus(session);
    const onMessage = (message: Message): void => stream.send("message_update", toUpdate(message));
    const onStatus = (): void => {
      const status = agentStatus(session);
      if (status === lastStatus) return;
      lastStatus = status;
      stream.send("status_change", toStatusChange(status));
    };
    session.messages.forEach(onMessage);
    stream.send("status_change", toStatusChange(lastStatus));
    session.on("message", onMessage).on("status", onStatus);
    stream.onClose(() => session.off("message", onMessage).off("status", onStatus));
  });

  router.get("/internal/screen", async (_request, response) => {
    await terminal.start();
    const stream = new EventStream(response);
    stream.onClose(terminal.onScreen((screen) => stream.send("screen", { screen })));
  });

  return router;
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

function toBody({ id, content, role, time }: Message): MessageBody {
  return { id, content, role, time: time.toISOString() };
}

function toUpdate({ id, content, role, time }: Message): MessageUpdate {
  return { id, role, message: content, time: time.toISOString() };
}

function toStatusChange(status: StatusBody["status"]): StatusChange {
  return { status, agent_type: agentType };
}
