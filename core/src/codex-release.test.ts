import { expect, test } from "vitest";

import { CODEX_PIN, codexIntegrity, codexReleases } from "./codex-release.ts";

test("the pinned Codex has an integrity for both architectures", () => {
  expect(codexIntegrity(CODEX_PIN, "x64")).toBeDefined();
  expect(codexIntegrity(CODEX_PIN, "arm64")).toBeDefined();
});

test("a version nobody tested has none", () => {
  expect(codexIntegrity("0.1.0", "x64")).toBeUndefined();
});

test("every integrity is a whole sha512, and none is used twice", () => {
  const all = Object.values(codexReleases).flatMap((release) => Object.values(release));
  for (const integrity of all) {
    expect(integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
  }
  expect(new Set(all).size).toBe(all.length);
});
