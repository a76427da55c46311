import { describe, expect, test } from "vitest";
import { HttpProblem } from "./problem.ts";
import { parseTarget, type Target } from "./target.ts";

function targetOf(raw: string): Target {
  const target = parseTarget(raw);
  if (target instanceof HttpProblem) throw target;
  return target;
}

const segmentsOf = (raw: string): string[] => targetOf(raw).segments.map(({ decoded }) => decoded);

describe("a target that is refused", () => {
  test.each([
    ["a fragment", "/v1/sessions/main#/fork"],
    ["a backslash", "/v1/sessions/main\\a/fork"],
    ["a control character", "/status\u0001"],
    ["a space", "/a b"],
    ["letters beyond ASCII", "/v1/sessions/m\u00e4in"],
    ["a bare authority", "localhost:3284"],
    ["an asterisk", "*"],
    ["nothing", ""],
    ["a query alone", "?a=b"],
    ["a fragment in the query", "/status?a=b#c"],
    ["a backslash in the query", "/status?a=\\"],
    ["a dot segment", "/v1/./status"],
    ["a double dot segment", "/chat/../status"],
    ["an encoded dot segment", "/chat/%2e%2E/status"],
    ["a half-encoded dot segment", "/chat/.%2e/status"],
    ["an encoded zero", "/v1/sessions/a%00"],
    ["an encoded C1 character", "/v1/sessions/a%C2%85"],
    ["an incomplete percent-encoding", "/v1/sessions/%4"],
    ["a percent-encoding of no digits", "/v1/sessions/%zz"],
    ["a percent-encoding that is no UTF-8", "/v1/sessions/%ff"],
    ["an overlong slash", "/v1/sessions/%c0%af"],
    ["an invalid percent-encoding in the query", "/status?a=%"],
    ["user information", "http://a@localhost/status"],
    ["user and password", "http://a:b@localhost/status"],
    ["another scheme", "ftp://localhost/status"],
    ["a scheme alone", "http:/status"],
    ["no host", "http:///status"],
    ["a fragment in absolute form", "http://localhost#/status"],
    ["a backslash in absolute form", "http://localhost\\@other/status"],
    ["an encoded host", "http://local%68ost/status"],
  ])("has %s: %s", (_, raw) => {
    expect(parseTarget(raw)).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
  });
});

describe("a target that is legal", () => {
  test.each([
    ["/", [""]],
    ["/status", ["status"]],
    ["/status/", ["status", ""]],
    ["//status", ["", "status"]],
    ["/STATUS;a=b", ["STATUS;a=b"]],
    ["/v1/sessions/a%23b%3Fc", ["v1", "sessions", "a#b?c"]],
    ["/v1/sessions/a%2f..%5Cb", ["v1", "sessions", "a/..\\b"]],
    ["/v1/sessions/%252F", ["v1", "sessions", "%2F"]],
    ["/v1/sessions/%F0%9F%90%8B", ["v1", "sessions", "🐋"]],
    ["/a/...", ["a", "..."]],
    ["/!$&'()*+,;=:@-._~", ["!$&'()*+,;=:@-._~"]],
  ])("%s", (raw, segments) => {
    expect(segmentsOf(raw)).toEqual(segments);
  });

  test.each([
    ["http://localhost:3284/status?a=b", "localhost:3284", ["status"]],
    ["HTTPS://[::1]:1/status", "[::1]:1", ["status"]],
    ["http://localhost", "localhost", [""]],
    ["http://localhost?a=b", "localhost", [""]],
  ])("%s in absolute form", (raw, authority, segments) => {
    expect(targetOf(raw).authority).toBe(authority);
    expect(segmentsOf(raw)).toEqual(segments);
  });
});

test("a ticket is no parameter of the query, however often it is there", () => {
  const { query, ticket } = targetOf("/events?after=1&ticket=first&ticket=second&t%69cket=third");
  expect([{ ...query }, ticket]).toEqual([{ after: "1" }, "first"]);
});

test("a parameter that is repeated keeps all its values", () => {
  expect({ ...targetOf("/a?state=queued&state=running&__proto__=x").query }).toMatchObject({
    state: ["queued", "running"],
  });
});
