import { type ApprovalPage, approvalsQuerySchema, decisionRequestSchema } from "@codex-workspace/api";
import type { Request, Router } from "express";
import type { Session } from "../../session/session.ts";
import type { Store } from "../../session/store.ts";
import { actorOf } from "../access/gate.ts";
import { sendBody } from "../body.ts";
import { route } from "../route.ts";
import { pageOf } from "./page-of.ts";
import { bodyOf, queryOf } from "./request.ts";

/** What Codex asks in a session, and the decisions. */
export function addApprovalRoutes(
  router: Router,
  { approvals }: Store,
  sessionOf: (request: Request) => Session,
): void {
  route(router, "/approvals", {
    GET(request, response) {
      const { state, cursor, limit } = queryOf(request, approvalsQuerySchema);
      // One more than is shown tells whether there is another page.
      const found = approvals.page(sessionOf(request).name, { states: state, after: cursor, limit: limit + 1 });
      const { shown, last } = pageOf(found, limit, ({ approval }) => approval);
      const page: ApprovalPage = {
        approvals: shown.map(({ approval }) => approval),
        ...(last !== undefined && { nextCursor: String(last.seq) }),
      };
      sendBody(response, "ApprovalPage", page);
    },
  });
  route(router, "/approvals/:approval", {
    GET(request, response) {
      sendBody(response, "Approval", sessionOf(request).approvals.get(String(request.params["approval"])));
    },
  });
  route(router, "/approvals/:approval/decision", {
    async POST(request, response) {
      const session = sessionOf(request);
      const wanted = await bodyOf(request, decisionRequestSchema);
      const id = String(request.params["approval"]);
      sendBody(response, "Approval", await session.approvals.decide(id, wanted, actorOf(response)));
    },
  });
}
