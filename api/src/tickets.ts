import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";

/** What a token may be allowed, each by itself. */
export const scopeSchema = named("Scope", z.enum(["read", "prompt", "approve", "terminal", "admin"]));

/** `POST /v1/tickets`. */
export const ticketRequestSchema = named(
  "TicketRequest",
  z.strictObject({
    ...schemaMember,
    scopes: z
      .array(scopeSchema)
      .min(1)
      .optional()
      .describe("Some of those that the token has; all of them when left out."),
  }),
);

/** Stands for a token, once and for 30 s, as `?ticket=` of an event stream or a WebSocket: where browsers send no header. */
export const ticketSchema = named(
  "Ticket",
  z.looseObject({ ...schemaMember, ticket: z.string(), expiresAt: z.string().describe("RFC 3339.") }),
);

export type Scope = z.infer<typeof scopeSchema>;
export type TicketRequest = z.infer<typeof ticketRequestSchema>;
export type Ticket = z.infer<typeof ticketSchema>;
