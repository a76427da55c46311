import { BlockList, isIPv6 } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { privateRangesBut } from "./private-ranges.ts";

/** Node's own reading of ranges, which the tests compare ours with. */
function listOf(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    list.addSubnet(address, Number(prefix), family(address));
  }
  return (address) => list.check(address, family(address));
}

const isPrivate = listOf(privateRangesBut([]));

test.each([
  ["0.0.0.0", "1.0.0.0"],
  ["10.255.255.255", "11.0.0.0"],
  ["100.100.100.200", "100.128.0.0"],
  ["127.1.2.3", "128.0.0.1"],
  ["168.63.129.16", "168.63.129.17"],
  ["169.254.169.254", "169.253.0.1"],
  ["172.31.0.1", "172.32.0.1"],
  ["192.0.0.192", "192.0.1.1"],
  ["192.168.1.1", "192.169.0.1"],
  ["198.19.0.1", "198.20.0.1"],
  ["255.255.255.255", "223.255.255.255"],
  ["::1", "2a00::1"],
  ["fd00:ec2::254", "fbff::1"],
  ["fe80::1", "fe00::1"],
  ["64:ff9b::a00:1", "65:ff9b::1"],
])("%s is private, %s is not", (inside, outside) => {
  expect([inside, outside].map(isPrivate)).toEqual([true, false]);
});

test("without holes the ranges are as they are written", () => {
  expect(privateRangesBut(["203.0.113.1"])).toEqual(privateRangesBut([]));
  expect(privateRangesBut([])).toContain("fc00::/7");
});

const octet = fc.nat(255);
const addresses = fc.oneof(
  fc.ipV4(),
  fc.tuple(fc.constantFrom("10.0", "172.16", "192.168"), octet, octet).map((parts) => parts.join(".")),
  octet.map((group) => `fd00::${group.toString(16)}`),
);

test("a named address is not private any more, and every other one is what it was", () => {
  fc.assert(
    fc.property(fc.array(addresses, { maxLength: 4 }), fc.array(addresses), (named, others) => {
      const stillPrivate = listOf(privateRangesBut(named));
      for (const address of named) expect(stillPrivate(address)).toBe(false);
      for (const address of others.filter((other) => !named.includes(other))) {
        expect(stillPrivate(address)).toBe(isPrivate(address));
      }
    }),
  );
});
