import { forkRequestSchema, sessionRequestSchema, type SessionList } from "@codex-workspace/api";
import type { Response } from "express";
import type { Session } from "../../session/session.ts";
import type { Sessions } from "../../session/sessions.ts";
import type { SessionTerminals } from "../../session/session-terminals.ts";
import type { Store } from "../../session/store.ts";
import type { OperationId } from "../access/operations.ts";
import { sendBody } from "../body.ts";
import { actorOf, type Call, type Handlers } from "../call.ts";
import { approvalHandlers } from "./approvals.ts";
import { sendScoped } from "./conversation-scope.ts";
import { eventsHandler } from "./events.ts";
import { itemsHandler } from "./items.ts";
import { promptHandlers, type PromptLimits } from "./prompts.ts";
import { bodyOf } from "./request.ts";
import { toSessionBody } from "./session-body.ts";
import { refuseTerminal } from "./terminal.ts";

export interface SessionParts {
  readonly sessions: Sessions;
  readonly terminals: SessionTerminals;
  readonly store: Store;
  readonly limits: PromptLimits;
}

type SessionOperation =
  | Extract<OperationId, `${string}-session` | `${string}-sessions` | `${string}-approval` | `${string}-approvals`>
  | Extract<OperationId, `${string}-prompt` | `${string}-prompts` | `${string}-queue`>
  | "list-items"
  | "subscribe-session-events"
  | "open-terminal";

/** Handlers of `/v1/sessions` and of everything below a session. */
export function sessionHandlers({
  sessions,
  terminals,
  store,
  limits,
}: SessionParts): Handlers<SessionOperation, Response> {
  const sessionOf = ({ params }: Call): Session => sessions.get(String(params["session"]));
  return {
    "list-sessions": (_call, response) => {
      const body: SessionList = { sessions: sessions.all.map(toSessionBody) };
      sendBody(response, "SessionList", body);
    },
    "create-session": async (call, response) => {
      const wanted = await bodyOf(call, sessionRequestSchema);
      sendCreated(call, response, await sessions.create(wanted, actorOf(call)));
    },
    "get-session": (call, response) => sendSession(call, response, sessionOf(call)),
    "delete-session": async (call, response) => {
      const session = sessionOf(call);
      await sessions.delete(session, actorOf(call));
      await terminals.end(session);
      response.status(204).end();
    },
    "fork-session": async (call, response) => {
      const session = sessionOf(call);
      const { name } = await bodyOf(call, forkRequestSchema);
      sendCreated(call, response, await sessions.fork(session, actorOf(call), name));
    },
    "archive-session": async (call, response) => {
      const session = sessionOf(call);
      await sessions.archive(session, actorOf(call));
      await terminals.end(session);
      sendSession(call, response, session);
    },
    "unarchive-session": async (call, response) => {
      const session = sessionOf(call);
      await sessions.unarchive(session, actorOf(call));
      sendSession(call, response, session);
    },
    "interrupt-session": async (call, response) => {
      sendScoped(call, response, "EndedTurn", await sessionOf(call).interrupt(actorOf(call)));
    },
    ...promptHandlers(limits, sessionOf),
    ...approvalHandlers(store, sessionOf),
    "list-items": itemsHandler(store, sessionOf),
    "subscribe-session-events": eventsHandler(store, sessionOf),
    "open-terminal": refuseTerminal,
  };
}

function sendCreated(call: Call, response: Response, session: Session): void {
  response.status(201).setHeader("Location", `/v1/sessions/${session.name}`);
  sendSession(call, response, session);
}

function sendSession(call: Call, response: Response, session: Session): void {
  sendScoped(call, response, "Session", toSessionBody(session));
}
