import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type Caller, callerOf, currently, type KnownToken } from "./caller.ts";

const noon = Date.parse("2027-01-31T12:00:00Z");
const token = (value: string, more: Partial<KnownToken> = {}): KnownToken => ({
  name: value,
  sha256: createHash("sha256").update(value).digest("hex"),
  scopes: ["read"],
  ...more,
});
const known = [token("alpha", { scopes: ["read", "prompt"] }), token("beta")];
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  ["Bearer alpha", "alpha"],
  ["bearer beta", "beta"],
  ["BEARER   beta", "beta"],
  [basic("x:alpha"), "alpha"],
  [basic(":beta"), "beta"],
])("%s is somebody", (authorization, name) => {
  expect(callerOf(authorization, known, noon)).toMatchObject({ name });
});

test("somebody has the scopes of the token", () => {
  expect(callerOf("Bearer alpha", known, noon)).toMatchObject({ scopes: ["read", "prompt"] });
  expect(callerOf("Bearer beta", known, noon)).toMatchObject({ scopes: ["read"] });
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
])("%s is nobody", (authorization) => {
  expect(callerOf(authorization, known, noon)).toBe("unknown");
});

test("a password may hold colons", () => {
  expect(callerOf(basic("x:a:b:c"), [token("a:b:c")], noon)).toMatchObject({ name: "a:b:c" });
});

test("a token is somebody until the moment of its end, and then says so", () => {
  const ending = [token("ci", { expiresAt: "2027-01-31T13:00:00+01:00" })];
  expect(callerOf("Bearer ci", ending, noon - 1)).toMatchObject({ name: "ci" });
  expect(callerOf("Bearer ci", ending, noon)).toBe("expired");
  expect(callerOf("Bearer other", ending, noon)).toBe("unknown");
});

test("whoever was let in is who they are by the tokens of now", () => {
  const given = token("ci", { scopes: ["read", "terminal"] });
  const caller: Caller = { name: "ci", scopes: ["read", "terminal"], token: given };
  const at = (...now: KnownToken[]): unknown => currently(caller, now, noon);

  expect(at(given)).toEqual(caller);
  expect(at(token("ci", { scopes: ["read", "admin"] }))).toMatchObject({ scopes: ["read"] });
  expect(at({ ...given, sha256: token("other").sha256 })).toBe("unknown");
  expect(at({ ...given, name: "other" })).toBe("unknown");
  expect(at()).toBe("unknown");
  expect(at({ ...given, expiresAt: "2027-01-31T12:00:00Z" })).toBe("expired");
});
