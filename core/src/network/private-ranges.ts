/**
 * Addresses that are nobody's on the internet: of this machine, of private networks, of clouds' metadata, of multicast, and
 * those of IPv6 that stand for any IPv4 address. `168.63.129.16` is Azure's metadata. IPv4 addresses in IPv6 form
 * (`::ffff:`) are not listed, since whoever compares takes them for the IPv4 addresses that they are.
 */
const privateRanges: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/127",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32",
  "2002::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

/** The private ranges but for these addresses, as ranges. */
export function privateRangesBut(addresses: readonly string[]): string[] {
  const named = addresses.map((address) => parseRange(`${address}/${String(bitsOf(address))}`));
  return named
    .reduce((ranges, hole) => ranges.flatMap((range) => without(range, hole)), privateRanges.map(parseRange))
    .map(printRange);
}

interface AddressRange {
  /** 32 or 128: IPv4 or IPv6. */
  readonly bits: number;
  readonly start: bigint;
  readonly prefix: number;
}

/** The halves of a range that do not hold the address, and so on down to it. */
function without(range: AddressRange, hole: AddressRange): AddressRange[] {
  const shift = BigInt(range.bits - range.prefix);
  if (range.bits !== hole.bits || range.start >> shift !== hole.start >> shift) return [range];
  if (range.prefix === range.bits) return [];
  const prefix = range.prefix + 1;
  const upper = range.start + (1n << BigInt(range.bits - prefix));
  return [range.start, upper].flatMap((start) => without({ ...range, start, prefix }, hole));
}

function bitsOf(address: string): number {
  return address.includes(":") ? 128 : 32;
}

function parseRange(range: string): AddressRange {
  const [address = "", prefix = ""] = range.split("/");
  const bits = bitsOf(address);
  const [groupBits, groups] = bits === 32 ? [8n, address.split(".").map(Number)] : [16n, groupsOf(address)];
  const start = groups.reduce((value, group) => (value << groupBits) | BigInt(group), 0n);
  return { bits, start, prefix: Number(prefix) };
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

function printRange({ bits, start, prefix }: AddressRange): string {
  const groupBits = bits === 32 ? 8 : 16;
  const groups = Array.from({ length: bits / groupBits }, (_, index) =>
    Number((start >> BigInt(bits - groupBits * (index + 1))) & ((1n << BigInt(groupBits)) - 1n)),
  );
  if (bits === 32) return `${groups.join(".")}/${prefix}`;
  const written = groups.map((group) => group.toString(16)).join(":");
  return `${new URL(`http://[${written}]/`).hostname.slice(1, -1)}/${prefix}`;
}
