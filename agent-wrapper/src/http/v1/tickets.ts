import { type Ticket, ticketRequestSchema } from "@codex-workspace/api";
import type { Router } from "express";
import type { AuditLog } from "../../session/audit-log.ts";
import { callerOfRequest, type Gate, toActor } from "../access/gate.ts";
import { ticketLifeMs } from "../access/tickets.ts";
import { sendBody } from "../body.ts";
import { createRouter, route } from "../route.ts";
import { bodyOf } from "./request.ts";

/** `POST /v1/tickets`: what a browser can put into the address of a stream or socket, in the place of a token. */
export function ticketRouter(gate: Gate, audit: AuditLog): Router {
  const router = createRouter();
  route(router, "/v1/tickets", {
    async POST(request, response) {
      const { scopes } = await bodyOf(request, ticketRequestSchema);
      const caller = callerOfRequest(response);
      const ticket = gate.issueTicket(caller, scopes);
      audit.record({ actor: toActor(caller), action: "ticket/issued", details: { scopes: scopes ?? caller.scopes } });
      const body: Ticket = { ticket, expiresAt: new Date(Date.now() + ticketLifeMs).toISOString() };
      response.status(201);
      sendBody(response, "Ticket", body);
    },
  });
  return router;
}
