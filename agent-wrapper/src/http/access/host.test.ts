import { describe, expect, test } from "vitest";
import { isAllowedHost } from "./host.ts";

describe("a Host header", () => {
  const allowed = ["localhost", "[::1]"];

  test.each(["localhost", "LocalHost", "localhost:3284", "[::1]", "[::1]:80"])("%s is on the list", (host) => {
    expect(isAllowedHost(host, allowed)).toBe(true);
  });

  test.each([undefined, "", "localhost.", "evil.example", "localhost.evil.example", "::1"])("%s is not", (host) => {
    expect(isAllowedHost(host, allowed)).toBe(false);
  });

  test("* anywhere on the list allows all, also none", () => {
    expect(isAllowedHost("evil.example", ["localhost", "*"])).toBe(true);
    expect(isAllowedHost(undefined, ["*"])).toBe(true);
  });
});
