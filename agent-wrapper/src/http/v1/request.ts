import type * as z from "zod";
import type { Call } from "../call.ts";
import { parseJsonBody } from "../json-body.ts";
import { HttpProblem } from "../problem.ts";
import { type BodyLimits, readBody } from "../read-body.ts";

/**
 * The request's JSON body; none is an empty object.
 *
 * @throws HttpProblem 400, 408, 413, 415, 422
 */
export async function bodyOf<T>({ request }: Call, schema: z.ZodType<T>, limits?: BodyLimits): Promise<T> {
  const text = await readBody(request, limits);
  return parseJsonBody(schema, text === "" ? "{}" : text, request.headers["content-type"]);
}

/**
 * The request's query.
 *
 * @throws HttpProblem 422
 */
export function queryOf<T>({ query }: Call, schema: z.ZodType<T>): T {
  return parse(schema, query, "query");
}

/**
 * A header of the request; `undefined` when it has none.
 *
 * @throws HttpProblem 422
 */
export function headerOf<T>({ request }: Call, name: string, schema: z.ZodType<T>): T | undefined {
  const value = request.headers[name.toLowerCase()];
  return value === undefined ? undefined : parse(schema, value, `header.${name}`);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, location: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    message,
    location: [location, ...path.map(String)].join("."),
  }));
  throw new HttpProblem(422, "validation failed", {
    code: "REQUEST_INVALID",
    remedy: "Correct what is named.",
    errors,
  });
}
