import type * as z from "zod";
import type { Route } from "./routes.ts";

/** A body, in a request or an answer. */
export interface Content {
  readonly mediaType: "application/json" | "multipart/form-data" | "text/plain";
  readonly schema: z.ZodType;
  /** A test sends the one of a request, and checks that of an answer against the schema. */
  readonly example: unknown;
}

/** An answer that goes on: server-sent events, each with its name and the schema of its data. */
export interface EventContent {
  readonly mediaType: "text/event-stream";
  readonly events: Readonly<Record<string, z.ZodType>>;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content | EventContent;
  /** Headers of this answer alone, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
}

/** A route, and what the OpenAPI documents say of it. */
export interface Operation extends Route {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: string;
  readonly parameters?: readonly Parameter[];
  readonly request?: Content;
  /** Answers by status, but for problems. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems of its own by status, and when each comes; those that its kind has are known. */
  readonly problems?: Readonly<Record<number, string>>;
}
