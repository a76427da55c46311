import { hash, timingSafeEqual } from "node:crypto";
import { type TokenFile, type TokenScope, tokenScopes } from "@codex-workspace/core";

/** A token as the wrapper knows it: by its hash. */
export type KnownToken = TokenFile["tokens"][number];

/** Whoever sends a request, and what they may do. */
export interface Caller {
  /** Of the token. */
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** Of the token; undefined where none is needed. */
  readonly token: KnownToken | undefined;
}

/** Everybody, where the API needs no token. */
export const anybody: Caller = { name: "anybody", scopes: tokenScopes, token: undefined };

/** Why somebody is none. */
export type Stranger = "unknown" | "expired" | "ticket-unknown";

/**
 * Who sends a request with this header, at `now` (ms since the epoch): `Authorization: Bearer TOKEN`, or `Basic` with the
 * token as password, which is what `http://x:TOKEN@host` becomes in clients that know no header.
 */
export function callerOf(
  authorization: string | undefined,
  known: readonly KnownToken[],
  now: number,
): Caller | Stranger {
  const value = valueOf(authorization);
  if (value === undefined) return "unknown";
  const sha256 = hash("sha256", value, "buffer");
  // Every known one is compared, so that the time tells nothing.
  const [token] = known.filter((token) => timingSafeEqual(Buffer.from(token.sha256, "hex"), sha256));
  if (token === undefined) return "unknown";
  return isExpired(token, now) ? "expired" : { name: token.name, scopes: token.scopes, token };
}

/** The same caller by the tokens of now: one that was exchanged or has expired is nobody's, and scopes may have gone. */
export function currently(caller: Caller, known: readonly KnownToken[], now: number): Caller | Stranger {
  if (caller.token === undefined) return caller;
  const { name, sha256 } = caller.token;
  const token = known.find((candidate) => candidate.name === name && candidate.sha256 === sha256);
  if (token === undefined) return "unknown";
  if (isExpired(token, now)) return "expired";
  return { name, scopes: caller.scopes.filter((scope) => token.scopes.includes(scope)), token };
}

function isExpired({ expiresAt }: KnownToken, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now;
}

function valueOf(authorization = ""): string | undefined {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return value;
    case "basic": {
      const userAndPassword = Buffer.from(value, "base64").toString("utf8");
      const colon = userAndPassword.indexOf(":");
      return colon < 0 ? undefined : userAndPassword.slice(colon + 1);
    }
    default:
      return undefined;
  }
}
