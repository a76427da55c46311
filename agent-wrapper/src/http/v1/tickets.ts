import { type Ticket, ticketRequestSchema } from "@codex-workspace/api";
import type { Router } from "express";
import { callerOfRequest, type Gate } from "../access/gate.ts";
import { ticketLifeMs } from "../access/tickets.ts";
import { sendBody } from "../body.ts";
import { createRouter, route } from "../route.ts";
import { bodyOf } from "./request.ts";

/** `POST /v1/tickets`: what a browser can put into the address of a stream or socket, in the place of a token. */
export function ticketRouter(gate: Gate): Router {
  const router = createRouter();
  route(router, "/v1/tickets", {
    async POST(request, response) {
      const { scopes } = await bodyOf(request, ticketRequestSchema);
      const ticket = gate.issueTicket(callerOfRequest(response), scopes);
      const body: Ticket = { ticket, expiresAt: new Date(Date.now() + ticketLifeMs).toISOString() };
      response.status(201);
      sendBody(response, "Ticket", body);
    },
  });
  return router;
}
