import { auditQuerySchema, type AuditPage } from "@codex-workspace/api";
import type { Router } from "express";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import { createRouter, route } from "../route.ts";
import { pageOf } from "./page-of.ts";
import { queryOf } from "./request.ts";

/** `/v1/audit`. */
export function auditRouter({ audit }: Store): Router {
  const router = createRouter();
  route(router, "/v1/audit", {
    GET(request, response) {
      const { after, limit } = queryOf(request, auditQuerySchema);
      // One more than is shown tells whether there is another page.
      const found = audit.read(after, limit + 1);
      const { shown, last } = pageOf(found, limit, (entry) => entry);
      const page: AuditPage = { entries: [...shown], ...(last !== undefined && { next: last.seq }) };
      sendBody(response, "AuditPage", page);
    },
  });
  return router;
}
