import { auditQuerySchema, type AuditPage } from "@codex-workspace/api";
import type { Store } from "../../session/store.ts";
import { sendBody } from "../body.ts";
import type { Handler } from "../call.ts";
import { pageOf } from "./page-of.ts";
import { queryOf } from "./request.ts";

/** Handler of `GET /v1/audit`. */
export function auditHandler({ audit }: Store): Handler {
  return (call, response) => {
    const { after, limit } = queryOf(call, auditQuerySchema);
    // One more than is shown tells whether there is another page.
    const found = audit.read(after, limit + 1);
    const { shown, last } = pageOf(found, limit, (entry) => entry);
    const page: AuditPage = { entries: [...shown], ...(last !== undefined && { next: last.seq }) };
    sendBody(response, "AuditPage", page);
  };
}
