import { type ApprovalPage, approvalsQuerySchema, decisionRequestSchema } from "@codex-workspace/api";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import { actorOf, type Call, type Handlers } from "../call.ts";
import { scopedError, sendScoped } from "./conversation-scope.ts";
import { pageOf } from "./page-of.ts";
import { bodyOf, queryOf } from "./request.ts";

/** Handlers of Codex's questions in a session, and of the decisions. */
export function approvalHandlers(
  { approvals }: Store,
  sessionOf: (call: Call) => Session,
): Handlers<"list-approvals" | "get-approval" | "decide-approval"> {
  return {
    "list-approvals": (call, response) => {
      const { state, cursor, limit } = queryOf(call, approvalsQuerySchema);
      // One more than is shown tells whether there is another page.
      const found = approvals.page(sessionOf(call).name, { states: state, after: cursor, limit: limit + 1 });
      const { shown, last } = pageOf(found, limit, ({ approval }) => approval);
      const page: ApprovalPage = {
        approvals: shown.map(({ approval }) => approval),
        ...(last !== undefined && { nextCursor: String(last.seq) }),
      };
      sendBody(response, "ApprovalPage", page);
    },
    "get-approval": (call, response) => {
      sendBody(response, "Approval", sessionOf(call).approvals.get(String(call.params["approval"])));
    },
    "decide-approval": async (call, response) => {
      const session = sessionOf(call);
      const wanted = await bodyOf(call, decisionRequestSchema);
      const id = String(call.params["approval"]);
      const decided = await session.approvals.decide(id, wanted, actorOf(call)).catch((error: unknown) => {
        throw scopedError(call, error);
      });
      sendScoped(call, response, "Approval", decided);
    },
  };
}
