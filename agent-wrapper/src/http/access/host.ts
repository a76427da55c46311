/** Whether a `Host` header is on the list: without port, in any case; `*` allows all. */
export function isAllowedHost(host: string | undefined, allowed: readonly string[]): boolean {
  if (allowed.includes("*")) return true;
  if (host === undefined) return false;
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return allowed.some((entry) => entry.toLowerCase() === name);
}
