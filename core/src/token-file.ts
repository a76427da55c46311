import * as z from "zod";

/** What a token of the API may be allowed, each by itself. */
export const tokenScopes = ["read", "prompt", "approve", "terminal", "admin"] as const;

export type TokenScope = (typeof tokenScopes)[number];

/**
 * `tokens.json`: who may use the API. A file of its own, so that tokens are exchanged while the wrapper runs: it reads
 * the file again whenever it changes. It holds hashes alone.
 */
export const tokenFileSchema = z.strictObject({
  tokens: z.array(
    z.strictObject({
      name: z.string(),
      /** Of the token's bytes, in hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      scopes: z.array(z.enum(tokenScopes)),
      /** RFC 3339; absent: it does not expire. */
      expiresAt: z.string().optional(),
    }),
  ),
});

export type TokenFile = z.infer<typeof tokenFileSchema>;
