import type { Content } from "../operation.ts";

/** A JSON body with its example. */
export function json(schema: Content["schema"], example: unknown): Content {
  return { mediaType: "application/json", schema, example };
}
