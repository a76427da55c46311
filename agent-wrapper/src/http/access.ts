import { createHash, timingSafeEqual } from "node:crypto";

/** A token we know: its name, and the SHA-256 (hex) of its value. */
export interface KnownToken {
  readonly name: string;
  readonly sha256: string;
}

/**
 * The name of the token that a request carries, or nothing. `Authorization: Bearer TOKEN`, or `Basic` with the token as
 * password, which is what `http://x:TOKEN@host` becomes in clients that know no header.
 */
export function tokenName(authorization: string | undefined, known: readonly KnownToken[]): string | undefined {
  const token = tokenOf(authorization);
  if (token === undefined) return undefined;
  const hash = createHash("sha256").update(token).digest();
  // Every known one is compared, so that the time tells nothing.
  return known.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), hash))[0]?.name;
}

function tokenOf(authorization = ""): string | undefined {
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

/** Whether a `Host` header is on the list: without port, in any case; `*` allows all. */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (allowed.includes("*")) return true;
  if (host === undefined) return false;
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return allowed.some((entry) => entry.toLowerCase() === name);
}

/** Whether a browser may send requests from `origin`: one of the list (`https://*.example.com` works), or our own page. */
export function isAllowedOrigin(origin: string, host: string | undefined, allowed: readonly string[]): boolean {
  const isOurs = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  return isOurs || allowed.some((entry) => entry === "*" || originPattern(entry).test(origin));
}

function originPattern(entry: string): RegExp {
  const [scheme = "", ...rest] = entry.split("://");
  const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal(scheme)}://${rest.join("://").split("*").map(literal).join("[^/]*")}$`, "i");
}
