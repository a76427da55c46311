import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const known = ["workdir", "sandboxMode", "port", "hosts", "origins", "token"];

test.each([
  ["sandbox_mode", "sandboxMode"],
  ["Sandbox-Mode", "sandboxMode"],
  ["sanboxMode", "sandboxMode"],
  ["workdri", "workdir"],
  ["prot", "port"],
  ["host", "hosts"],
  ["workdir ", "workdir"],
])("%j most likely meant %s", (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test.each(["", "color", "env", "completelyDifferent"])("%j means none of them", (word) => {
  expect(nearest(word, known)).toBeUndefined();
});
