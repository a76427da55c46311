import type { IncomingHttpHeaders } from "node:http";

/** Whether a browser may send requests from `origin`: one of the list (`https://*.example.com` works), or our own page. */
export function isAllowedOrigin(origin: string, host: string | undefined, allowed: readonly string[]): boolean {
  const isOurs = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  return isOurs || allowed.some((entry) => entry === "*" || originPattern(entry).test(origin));
}

/**
 * Whether a page that is not on the list sends a request: by its Origin, or, where a browser sends none (images, scripts),
 * by its word that the page is another site's. A person who follows a link is no such page.
 */
export function isForeignPage(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host, "sec-fetch-site": site = "none", "sec-fetch-mode": mode } = headers;
  if (origin !== undefined) return !isAllowedOrigin(origin, host, allowed);
  return !["none", "same-origin"].includes(site) && mode !== "navigate";
}

function originPattern(entry: string): RegExp {
  const [scheme = "", ...rest] = entry.split("://");
  const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal(scheme)}://${rest.join("://").split("*").map(literal).join("[^/]*")}$`, "i");
}
