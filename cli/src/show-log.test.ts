import { expect, test } from "vitest";
import { showLogLines } from "./show-log.ts";

test("log lines are told in words; others stay as they are", () => {
  const lines = [
    '{"level":60,"time":"2026-01-01T00:00:00Z","err":{"message":"no such file"},"msg":"Codex is not started"}',
    '{"level":40,"time":"2026-01-01T00:00:01Z","problem":"wrong version","msg":"session failed"}',
    "node: bad option",
  ];

  expect(showLogLines(`${lines.join("\n")}\n\n`)).toEqual([
    "2026-01-01T00:00:00Z fatal: Codex is not started: no such file",
    "2026-01-01T00:00:01Z warn: session failed: wrong version",
    "node: bad option",
  ]);
});
