import type { Approval, EndedTurn, Prompt, SessionBody } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { ServerResponse } from "node:http";
import type { Caller } from "../access/caller.ts";
import { sendBody } from "../body.ts";
import { type Call, callerOf } from "../call.ts";

interface Bodies {
  readonly Approval: Approval;
  readonly EndedTurn: EndedTurn;
  readonly Prompt: Prompt;
  readonly Session: SessionBody;
}

/**
 * Members that every caller of an operation is shown. The other members hold words of prompts, of the agent or of a
 * session's settings; a later member is one of them until it is listed here.
 */
const shown: { readonly [Name in keyof Bodies]: readonly (keyof Bodies[Name])[] } = {
  Approval: [
    ...(["id", "session", "kind", "state", "askedAt", "turnId", "itemId"] as const),
    ...(["decisions", "decision", "comment", "resolvedAt", "resolvedBy"] as const),
  ],
  EndedTurn: ["id", "status", "interruptedBy", "usage"],
  Prompt: [
    ...(["id", "session", "state", "whenBusy", "model", "effort"] as const),
    ...(["createdAt", "sentAt", "endedAt", "turnId", "interruptedBy", "usage", "code"] as const),
  ],
  Session: ["name", "status", "since", "createdAt", "archived", "threadId", "turn", "queue", "usage", "model"],
};

/** Returns whether a caller may be shown the conversation: what others sent, and what the agent said. */
export function seesConversation({ scopes }: Pick<Caller, "scopes">): boolean {
  return scopes.includes("read") || scopes.includes("admin");
}

/** Sends the body of an operation that does not need the scope `read`, with the members that its caller may be shown. */
export function sendScoped<Name extends keyof Bodies>(
  call: Call,
  response: ServerResponse,
  name: Name,
  body: Bodies[Name],
): void {
  sendBody(response, name, seesConversation(callerOf(call)) ? body : withoutConversation(name, body));
}

/** Returns a body without the conversation; a member that its schema requires is empty. */
export function withoutConversation<Name extends keyof Bodies>(name: Name, body: Bodies[Name]): object {
  const members = Object.fromEntries(shown[name].flatMap((key) => (key in body ? [[key, body[key]]] : [])));
  const empty = {
    Approval: { request: { method: "", params: {} } },
    EndedTurn: {},
    Prompt: { input: [] },
    Session: { settings: {} },
  };
  return { ...members, ...empty[name] };
}

/** Returns the error that a caller is shown: a decision that does not fit is refused with words of what the agent asked. */
export function scopedError(call: Call, error: unknown): unknown {
  if (!(error instanceof WorkspaceError) || error.code !== "DECISION_INVALID" || seesConversation(callerOf(call)))
    return error;
  return new WorkspaceError("the decision does not fit what Codex asks", {
    code: "DECISION_INVALID",
    remedy: "Use a token with the scope `read` as well: it is shown what was asked, and the decisions there are.",
    cause: error,
  });
}
