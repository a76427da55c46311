import type * as z from "zod";

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

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
  readonly required: boolean;
}

/** One method of one path: what the OpenAPI documents say of it. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** A parameter in it is `{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: string;
  /** `none`: for whoever reaches the port. */
  readonly token: "needed" | "none";
  readonly parameters?: readonly Parameter[];
  readonly request?: Content;
  /** Answers by status, but for problems. */
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly content?: Content | EventContent }>
  >;
  /** The statuses of its problems, and when each comes. */
  readonly problems: Readonly<Record<number, string>>;
}
