import { expect, test } from "vitest";
import { isOrigin, toAsciiOrigin } from "./origin.ts";

test.each([
  ["https://tasks.example.com", "https://tasks.example.com"],
  ["https://*.example.com:8443", "https://*.example.com:8443"],
  ["http://[::1]:3000", "http://[::1]:3000"],
  ["*", "*"],
  ["https://пример.example", "https://xn--e1afmkfd.example"],
  ["https://*.例え.example:8443", "https://*.xn--r8jz45g.example:8443"],
  ["http://bücher.example", "http://xn--bcher-kva.example"],
])("%s is an origin, which browsers send as %s", (origin, sent) => {
  expect(isOrigin(origin)).toBe(true);
  expect(toAsciiOrigin(origin)).toBe(sent);
});

test.each([
  "tasks.example.com",
  "ftp://tasks.example.com",
  "https://tasks.example.com/path",
  "https://user@tasks.example.com",
  "https://x;script-src https://evil.example",
  "https://x;script-src",
  "https://'self'",
  "https://x\u0001y",
  "https://é\u007f",
  "https://xn--é",
  "",
])("%j is no origin", (text) => {
  expect(isOrigin(text)).toBe(false);
});
