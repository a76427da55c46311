import * as z from "zod";
import type { Parameter } from "./operation.ts";
import { sessionNameSchema } from "./sessions.ts";

export const sessionParameter: Parameter = {
  name: "session",
  in: "path",
  description: "A session's name; `main` is always there.",
  schema: sessionNameSchema,
  example: "main",
};

/** Path parameter of an operation that `main` rejects; the example is the session that `create-session` creates. */
export const deletableSessionParameter: Parameter = { ...sessionParameter, example: "review" };

export const promptParameter: Parameter = {
  name: "prompt",
  in: "path",
  description: "A prompt's id.",
  schema: z.uuid(),
  example: "019a2b3c-7f60-4d5e-8a9b-0c1d2e3f4a5b",
};

export const approvalParameter: Parameter = {
  name: "approval",
  in: "path",
  description: "An approval's id.",
  schema: z.uuid(),
  example: "5b0c8f1e-2d3a-4c6b-9e7f-1a2b3c4d5e6f",
};

/** The values of a query as parameters, each with its example and its schema's description. */
export function queryParameters<Shape extends z.core.$ZodLooseShape>(
  query: z.ZodObject<Shape>,
  examples: Readonly<Record<keyof Shape, unknown>>,
): Parameter[] {
  return Object.entries(query.shape as Record<string, z.ZodType>).map(([name, schema]) => ({
    name,
    in: "query",
    description: descriptionOf(name, schema),
    schema,
    example: examples[name],
  }));
}

function descriptionOf(name: string, schema: z.ZodType): string {
  const { description } = z.toJSONSchema(schema, { io: "input" });
  if (description !== undefined) return description;
  throw new Error(`the parameter \`${name}\` of a query has no description`);
}
