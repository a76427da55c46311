import { type Ticket, ticketRequestSchema } from "@codex-workspace/api";
import type { AuditLog } from "../../session/audit-log.ts";
import type { Gate } from "../access/gate.ts";
import { ticketLifeMs } from "../access/tickets.ts";
import { sendBody } from "../body.ts";
import { actorOf, callerOf, type Handler } from "../call.ts";
import { bodyOf } from "./request.ts";

/** Handler of `POST /v1/tickets`: a browser puts a ticket into the address of a stream or socket instead of a token. */
export function ticketHandler(gate: Gate, audit: AuditLog): Handler {
  return async (call, response) => {
    const { scopes } = await bodyOf(call, ticketRequestSchema);
    const caller = callerOf(call);
    const ticket = gate.issueTicket(caller, scopes);
    audit.record({ actor: actorOf(call), action: "ticket/issued", details: { scopes: scopes ?? caller.scopes } });
    const body: Ticket = { ticket, expiresAt: new Date(Date.now() + ticketLifeMs).toISOString() };
    response.statusCode = 201;
    sendBody(response, "Ticket", body);
  };
}
