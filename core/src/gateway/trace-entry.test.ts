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
  expect(parseTraceEntry("2026/01/01 00:00:00| Starting Squid Cache")).toBeUndefined();
});

test("an IPv6 address has its brackets, however the proxy writes them", () => {
  const line =
    '{"time":1,"host":"%5B::1%5D","port":"80","method":"GET","decision":"denied","rule":"none","sentBytes":1,' +
    '"receivedBytes":0,"seconds":0e-3}';
  expect(parseTraceEntry(line)?.host).toBe("[::1]");
});
