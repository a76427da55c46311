import { expect, test } from "vitest";
import { hostPatternFault } from "./host-pattern.ts";

test.each([
  "example.com",
  "EXAMPLE.com.",
  "localhost",
  "registry",
  "*.example.com",
  "*.Example.Com.:8443",
  "*.example.co.uk",
  "a-1.b_2.example.com:1",
  "example.com:65535",
  "10.0.0.5",
  "10.0.0.5:3128",
  "[2001:db8::1]:443",
  "co.uk",
])("%s names hosts", (pattern) => {
  expect(hostPatternFault(pattern)).toBeUndefined();
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
  ["10.0.0.256", /0 to 255/],
  ["*.10.0.0.5", /before an address/],
  ["*.com", /whoever has a name/],
  ["*.COM.:443", /whoever has a name/],
  ["*.co.uk", /whoever has a name/],
])("%s does not: it says why", (pattern, fault) => {
  expect(hostPatternFault(pattern)).toMatch(fault);
});
