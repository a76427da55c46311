import { expect, test } from "vitest";
import { parseSince } from "./parse-since.ts";

const now = Date.parse("2026-01-02T12:00:00Z");

test.each([
  ["90s", "2026-01-02T11:58:30.000Z"],
  ["1h30m", "2026-01-02T10:30:00.000Z"],
  ["0.5h", "2026-01-02T11:30:00.000Z"],
  ["2026-01-01T13:23:37Z", "2026-01-01T13:23:37.000Z"],
  ["2026-01-01T13:23:37.25+02:00", "2026-01-01T11:23:37.250Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseSince(text, now) ?? 0).toISOString()).toBe(expected);
});

test("a time without a zone, and a day, are those of this machine", () => {
  expect(parseSince("2026-01-01T08:00", now)).toBe(new Date(2026, 0, 1, 8).getTime());
  expect(parseSince("2026-01-01", now)).toBe(new Date(2026, 0, 1).getTime());
});

test.each(["", "yesterday", "10", "10d", "30m1h", "2026-13-01", "-5m"])("%j is neither a time nor a span", (text) => {
  expect(parseSince(text, now)).toBeUndefined();
});
