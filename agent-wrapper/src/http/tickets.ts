import { type Ticket, ticketRequestSchema } from "@codex-workspace/api";
import type { Router } from "express";
import { callerOfRequest, type Gate } from "./access/gate.ts";
import { ticketLifeMs } from "./access/tickets.ts";
import { sendBody } from "./body.ts";
import { parseJsonBody } from "./json-body.ts";
import { readBody } from "./read-body.ts";
import { createRouter, route } from "./route.ts";

/** `POST /v1/tickets`: what a browser can put into the address of a stream or socket, in the place of a token. */
export function ticketRouter(gate: Gate): Router {
  const router = createRouter();
  route(router, "/v1/tickets", {
    async POST(request, response) {
      const text = await readBody(request);
      const { scopes } = parseJsonBody(ticketRequestSchema, text, request.headers["content-type"]);
      const ticket = gate.issueTicket(callerOfRequest(response), scopes);
      const body: Ticket = { ticket, expiresAt: new Date(Date.now() + ticketLifeMs).toISOString() };
      response.status(201);
      sendBody(response, "Ticket", body);
    },
  });
  return router;
}
