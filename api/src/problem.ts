import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";

/** `application/problem+json` (RFC 9457), AgentAPI's ErrorModel with our `code` and `remedy`. */
export const problemSchema = named(
  "ErrorModel",
  z.looseObject({
    ...schemaMember,
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("Stable; the project's docs/errors.md has the table."),
    remedy: z.string().optional().describe("What to do, as an action."),
    errors: z
      .array(
        named(
          "ErrorDetail",
          z.looseObject({
            message: z.string().optional(),
            location: z.string().optional().describe("Such as `body.content`."),
            value: z.unknown().optional(),
          }),
        ),
      )
      .optional(),
  }),
);

export type ProblemBody = z.infer<typeof problemSchema>;
