import type { ResolvedGrant } from "@codex-workspace/core";
import * as z from "zod";

export const defaultProfile = "default";

const grantKind = z.enum(["openai", "github", "bearer"]);
export type GrantKind = z.infer<typeof grantKind>;

/** As it is stored. */
export interface Grant extends ResolvedGrant {
  readonly kind: GrantKind;
  /** ISO 8601. */
  readonly grantedAt: string;
}

/** Where a grant is: each profile has grants of its own, under the same names if wanted. */
export interface GrantPlace {
  readonly profile: string;
  readonly name: string;
}

/** What is encrypted. Profile and name are in it, so that a file that was moved to another name is not taken for that. */
export const storedGrantSchema = z.strictObject({
  format: z.literal(1),
  profile: z.string(),
  name: z.string(),
  kind: grantKind,
  host: z.string(),
  secret: z.string(),
  grantedAt: z.string(),
});
