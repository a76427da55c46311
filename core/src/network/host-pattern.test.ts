import fc from "fast-check";
import { expect, test } from "vitest";
import { type HostPattern, matchesHost, readHostPattern } from "./host-pattern.ts";

function patternOf(text: string): HostPattern {
  const pattern = readHostPattern(text);
  if ("fault" in pattern) throw new Error(pattern.fault);
  return pattern;
}

test.each<[string, HostPattern["kind"], string, readonly number[]]>([
  ["example.com", "name", "example.com", [80, 443]],
  ["EXAMPLE.com.", "name", "example.com", [80, 443]],
  ["registry", "name", "registry", [80, 443]],
  ["a-1.b_2.example.com:1", "name", "a-1.b_2.example.com", [1]],
  ["co.uk", "name", "co.uk", [80, 443]],
  ["*.example.com", "below", "example.com", [80, 443]],
  ["*.Example.Com.:8443", "below", "example.com", [8443]],
  ["*.example.co.uk", "below", "example.co.uk", [80, 443]],
  ["*.me.github.io", "below", "me.github.io", [80, 443]],
  ["*.cluster.local", "below", "cluster.local", [80, 443]],
  ["10.0.0.5", "address", "10.0.0.5", [80, 443]],
  ["10.0.0.5:3128", "address", "10.0.0.5", [3128]],
  ["[2001:DB8:0::1]:443", "address", "2001:db8::1", [443]],
])("%s names hosts", (text, kind, host, ports) => {
  expect(readHostPattern(text)).toEqual({ kind, host, ports });
});

test.each([
  ["", /expected a host such as/],
  [":443", /expected a host such as/],
  ["*", /whole labels/],
  ["*.", /whole labels/],
  ["*example.com", /whole labels/],
  ["*.*.example.com", /whole labels/],
  ["a.*.example.com", /whole labels/],
  ["-a.example.com", /expected a host name/],
  ["a..example.com", /expected a host name/],
  [`${"a".repeat(64)}.example.com`, /expected a host name/],
  [`${"a.".repeat(127)}example.com`, /expected a host name/],
  ["a b.example.com", /expected a host name/],
  ["https://example.com", /expected a host such as/],
  ["example.com/path", /expected a host name/],
  ["user@example.com", /expected a host name/],
  ["example.com:0", /port from 1/],
  ["example.com:65536", /port from 1/],
  ["example.com:https", /expected a host such as/],
  ["2001:db8::1", /expected a host such as/],
  ["[2001:db8]", /IPv6/],
  ["[::ffff:10.0.0.5]", /IPv4 address that this stands for/],
  ["10.0.0.256", /0 to 255/],
  ["010.0.0.5", /0 to 255/],
  ["127.1", /0 to 255/],
  ["0x7f.1", /0 to 255/],
  ["a.0x7f", /0 to 255/],
  ["*.10.0.0.5", /before an address/],
  ["*.com", /whoever has a name/],
  ["*.COM.:443", /whoever has a name/],
  ["*.co.uk", /whoever has a name/],
  ["*.github.io", /whoever has a name/],
  ["*.internal", /whoever has a name/],
])("%s does not: it says why", (text, fault) => {
  expect(readHostPattern(text)).toEqual({ fault: expect.stringMatching(fault) as string });
});

test.each([
  ["example.com", "EXAMPLE.com.", 443, true],
  ["example.com", "example.com", 8443, false],
  ["example.com:8443", "example.com", 8443, true],
  ["example.com:8443", "example.com", 443, false],
  ["example.com", "a.example.com", 443, false],
  ["*.example.com", "a.b.example.com", 80, true],
  ["*.example.com", "example.com", 80, false],
  ["*.example.com", ".example.com", 80, false],
  ["*.example.com", "evilexample.com", 80, false],
  ["*.example.com", "a.example.com.evil.test", 80, false],
  ["10.0.0.5", "10.0.0.5", 80, true],
  ["10.0.0.5", "10.0.0.55", 80, false],
])("%s means %s at %i: %s", (text, host, port, meant) => {
  expect(matchesHost(patternOf(text), host, port)).toBe(meant);
});

const labels = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const names = fc.array(labels, { minLength: 1, maxLength: 4 }).map((parts) => [...parts, "example", "test"].join("."));
const ports = fc.integer({ min: 1, max: 65535 });

test("a name means itself alone, `*.` what is below it alone, in any case and with a trailing dot", () => {
  fc.assert(
    fc.property(names, names, ports, (name, other, port) => {
      const [self, below] = [patternOf(`${name}:${port}`), patternOf(`*.${name}:${port}`)];
      for (const host of [other, other.toUpperCase(), `${other}.`]) {
        expect(matchesHost(self, host, port)).toBe(other === name);
        expect(matchesHost(below, host, port)).toBe(other.endsWith(`.${name}`));
      }
      expect(matchesHost(below, `a.${name}`, port)).toBe(true);
      expect(matchesHost(below, `a${name}`, port)).toBe(false);
    }),
  );
});

test("any text is a pattern or has a fault, and a pattern written out is the same pattern", () => {
  const nearly = fc.string({ unit: fc.constantFrom("*", ".", ":", "[", "]", "a", "1", "0", "-", "co", "uk", " ") });
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const pattern = readHostPattern(text);
      if ("fault" in pattern) return;
      const { kind, host } = pattern;
      const written = host.includes(":") ? `[${host}]` : `${kind === "below" ? "*." : ""}${host}`;
      for (const port of pattern.ports) {
        expect(readHostPattern(`${written}:${port}`)).toEqual({ kind, host, ports: [port] });
      }
    }),
  );
});
