import { expect, test } from "vitest";
import { parseTraceEntry } from "./trace-entry.ts";

test("a line about a request is an entry, and whatever else a gateway logs is none", () => {
  const line =
    '{"time":1770000000.042,"host":"example.com","port":"443","method":"CONNECT","decision":"allowed",' +
    '"rule":"allow:example.com","sentBytes":61,"receivedBytes":5120,"seconds":1250e-3}';
  expect(parseTraceEntry(line)).toEqual({
    time: 1770000000.042,
    host: "example.com",
    port: 443,
    method: "CONNECT",
    decision: "allowed",
    rule: "allow:example.com",
    sentBytes: 61,
    receivedBytes: 5120,
    seconds: 1.25,
  });
});

const denied = (host: string): string =>
  `{"time":1,"host":"${host}","port":"80","method":"GET","decision":"denied","rule":"none","sentBytes":1,` +
  '"receivedBytes":0,"seconds":0e-3}';

test.each([
  ["of the proxy about itself", "2026/01/01 00:00:00| Starting Squid Cache"],
  ["of the gateway about itself", '2026/01/01 00:00:00 [crit] 9#9: *1 connect() to "x" failed'],
  ["that was cut off", denied("a.test").slice(0, -9)],
  ["of something else", '{"time":1,"msg":"listening"}'],
  ["with a port that is none", denied("a.test").replace('"80"', '"-"')],
  ["of no time that there is", denied("a.test").replace('"time":1', '"time":1e300')],
  ["that is empty", ""],
])("a line %s is none", (_, line) => {
  expect(parseTraceEntry(line)).toBeUndefined();
});

test("an IPv6 address has its brackets, however the proxy writes them", () => {
  expect(parseTraceEntry(denied("%5B::1%5D"))?.host).toBe("[::1]");
});

test("what somebody has written into a host's name to move a terminal's cursor stays escaped", () => {
  expect(parseTraceEntry(denied("%1B%5B2J.test"))?.host).toBe("%1B%5B2J.test");
});

const logged = (failure: string, decision = "allowed"): string =>
  denied("a.test").replace('"denied","rule":"none"', `"${decision}","rule":"model","failure":"${failure}"`);

test.each([
  ["unreachable", "unreachable"],
  ["ERR_DNS_FAIL", "name-not-found"],
  ["ERR_CONNECT_FAIL", "unreachable"],
  ["ERR_READ_TIMEOUT", "timeout"],
  ["ERR_ZERO_SIZE_OBJECT", "broken-answer"],
])("an allowed request with the failure %s has failed", (failure, expected) => {
  expect(parseTraceEntry(logged(failure))).toMatchObject({ decision: "failed", failure: expected, rule: "model" });
});

test.each(["", "-", "ERR_CLIENT_GONE", "constructor"])(
  "an allowed request with the failure %j stays allowed",
  (failure) => {
    const entry = parseTraceEntry(logged(failure));
    expect(entry?.decision).toBe("allowed");
    expect(entry).not.toHaveProperty("failure");
  },
);

test("a denied request has no failure, whatever page the proxy shows", () => {
  const entry = parseTraceEntry(logged("ERR_NOT_ALLOWED", "denied"));
  expect(entry?.decision).toBe("denied");
  expect(entry).not.toHaveProperty("failure");
  expect(parseTraceEntry(logged("ERR_DNS_FAIL", "denied"))?.decision).toBe("denied");
});
