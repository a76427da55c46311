import { z } from "zod";

/** `application/problem+json` (RFC 9457), AgentAPI's ErrorModel with our `code` and `remedy`. */
export const problemSchema = z.looseObject({
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** Stable; docs/errors.md has the table. */
  code: z.string(),
  /** What to do, as an action. */
  remedy: z.string().optional(),
  errors: z
    .array(
      z.looseObject({ message: z.string().optional(), location: z.string().optional(), value: z.unknown().optional() }),
    )
    .optional(),
});

export type ProblemBody = z.infer<typeof problemSchema>;
