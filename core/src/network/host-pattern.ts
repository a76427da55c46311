import { getPublicSuffix } from "tldts";

/** Which hosts may be reached, on which ports. */
export interface HostPattern {
  /** `below`: whatever is below the name at any depth, not the name itself. */
  readonly kind: "name" | "below" | "address";
  /** In lower case without a trailing dot; an address in its shortest form, IPv6 without brackets. */
  readonly host: string;
  readonly ports: readonly number[];
}

/** Where a pattern names no port: http and https. */
const defaultPorts: readonly number[] = [80, 443];

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const ipv4 = /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/;

/**
 * Reads `example.com`, `*.example.com` (any depth below, not the name itself) or an address, IPv6 in brackets, each with a
 * port after `:` where 80 and 443 are not meant. Case and a trailing dot do not count. Otherwise it says what is wrong.
 */
export function readHostPattern(text: string): HostPattern | { readonly fault: string } {
  const [, host = "", port] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d+))?$/.exec(text) ?? [];
  if (host === "") {
    return { fault: "expected a host such as example.com or *.example.com, with :PORT where that is not 80 or 443" };
  }
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) {
    return { fault: "expected a port from 1 to 65535" };
  }
  const ports = port === undefined ? defaultPorts : [Number(port)];
  return host.startsWith("[") ? readIpv6(host, ports) : readName(host.toLowerCase().replace(/\.$/, ""), ports);
}

/** Whether a request to a host, as its URL says it, is meant by a pattern. */
export function matchesHost({ kind, host, ports }: HostPattern, requested: string, port: number): boolean {
  if (!ports.includes(port)) return false;
  const name = requested.toLowerCase().replace(/\.$/, "");
  return kind === "below" ? name.length > host.length + 1 && name.endsWith(`.${host}`) : name === host;
}

function readIpv6(bracketed: string, ports: readonly number[]): ReturnType<typeof readHostPattern> {
  if (!URL.canParse(`http://${bracketed}/`)) return { fault: "expected an IPv6 address in the brackets" };
  const host = new URL(`http://${bracketed}/`).hostname.slice(1, -1);
  if (host.startsWith("::ffff:")) return { fault: "expected the IPv4 address that this stands for" };
  return { kind: "address", host, ports };
}

function readName(name: string, ports: readonly number[]): ReturnType<typeof readHostPattern> {
  const isWildcard = name.startsWith("*.");
  const host = isWildcard ? name.slice(2) : name;
  const labels = host.split(".");
  if (host.length > 253 || !labels.every((part) => label.test(part))) {
    return {
      fault: "expected a host name, without scheme and path; a `*` stands for whole labels before it: *.example.com",
    };
  }
  // Programs read a name that ends in a number as an address, each in its own way: 127.1, 0x7f.1, 010.0.0.1.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) {
    if (isWildcard) return { fault: "expected no `*` before an address" };
    return ipv4.test(host)
      ? { kind: "address", host, ports }
      : { fault: "expected an address with four parts from 0 to 255" };
  }
  // `private`: domains below which a company gives names to anybody, such as github.io.
  if (isWildcard && getPublicSuffix(host, { allowPrivateDomains: true, validateHostname: false }) === host) {
    return { fault: "would allow whoever has a name there: expected *.NAME of one owner" };
  }
  return { kind: isWildcard ? "below" : "name", host, ports };
}
