/** What registries sell names below, such as `co` of `co.uk`. */
const registryLabels: readonly string[] = ["ac", "co", "com", "edu", "gov", "mil", "ne", "net", "or", "org"];

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const address = /^\d+(\.\d+){3}$/;

/**
 * What is wrong with a pattern of hosts, or nothing: `example.com`, `*.example.com` (any depth below, not the name itself),
 * an address, each with a port after `:` where 80 and 443 are not meant. Case and a trailing dot do not count.
 */
export function hostPatternFault(pattern: string): string | undefined {
  const [, host = "", port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d+))?$/.exec(pattern) ?? [];
  if (host === "")
    return "expected a host such as example.com or *.example.com, with :PORT where that is not 80 or 443";
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return "expected a port from 1 to 65535";
  if (host.startsWith("[")) return isAddress(host) ? undefined : "expected an IPv6 address in the brackets";
  const name = host.toLowerCase().replace(/\.$/, "");
  const isWildcard = name.startsWith("*.");
  const labels = name.replace(/^\*\./, "").split(".");
  if (name.length > 253 || !labels.every((part) => label.test(part))) {
    return "expected a host name, without scheme and path; a `*` stands for whole labels before it: *.example.com";
  }
  if (address.test(labels.join("."))) {
    if (isWildcard) return "expected no `*` before an address";
    return isAddress(name) ? undefined : "expected an address with parts from 0 to 255";
  }
  if (isWildcard && isRegistry(labels)) return "would allow whoever has a name there: expected *.NAME of one owner";
  return undefined;
}

/** A public suffix, as far as its form tells. */
function isRegistry(labels: readonly string[]): boolean {
  const [first = "", second] = labels;
  if (second === undefined) return true;
  return labels.length === 2 && second.length === 2 && registryLabels.includes(first);
}

function isAddress(host: string): boolean {
  return URL.canParse(`http://${host}/`);
}
