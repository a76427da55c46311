import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isAllowedHost, isAllowedOrigin, tokenName } from "./access.ts";

const known = ["alpha", "beta"].map((value) => ({
  name: value,
  sha256: createHash("sha256").update(value).digest("hex"),
}));
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

describe("the token of a request", () => {
  test.each([
    ["Bearer alpha", "alpha"],
    ["bearer beta", "beta"],
    ["BEARER   beta", "beta"],
    [basic("x:alpha"), "alpha"],
    [basic(":beta"), "beta"],
  ])("%s names it", (authorization, name) => {
    expect(tokenName(authorization, known)).toBe(name);
  });

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer gamma",
    "Bearer alpha beta",
    "alpha",
    basic("alpha"),
    basic("alpha:"),
    basic("x:gamma"),
    "Basic !!!",
  ])("%s names none", (authorization) => {
    expect(tokenName(authorization, known)).toBeUndefined();
  });

  test("a password may hold colons", () => {
    const colons = [{ name: "odd", sha256: createHash("sha256").update("a:b:c").digest("hex") }];
    expect(tokenName(basic("x:a:b:c"), colons)).toBe("odd");
  });
});

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

describe("an Origin header", () => {
  const allowed = ["https://tasks.example", "https://*.tasks.example", "http://localhost:3000"];
  test.each(["https://tasks.example", "https://a.tasks.example", "http://localhost:3000", "http://here:3284"])(
    "%s is allowed",
    (origin) => {
      expect(isAllowedOrigin(origin, "here:3284", allowed)).toBe(true);
    },
  );
  test.each([
    "null",
    "https://evil.example",
    "http://tasks.example",
    "https://tasksXexample",
    "https://tasks.example.evil.example",
    "https://evil.example/.tasks.example",
    "https://tasks.example:8443",
    "http://localhost:3001",
    "http://there:3284",
  ])("%s is not", (origin) => {
    expect(isAllowedOrigin(origin, "here:3284", allowed)).toBe(false);
  });
});
