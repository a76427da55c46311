import { Secret } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { hashOfFiles, hashOfTokens, hashParts, isSamePlan, type PlanHash, whyReplaced } from "./what-changed.ts";

test("parts that changed, came or went are named, and no others", () => {
  const before = hashParts({ image: "sha256:1", ports: [1], "demo-model": {}, user: undefined });
  const now = hashParts({ image: "sha256:1", ports: [2], networks: [], user: undefined });
  expect(whyReplaced(before, now)).toBe("changed: ports, demo-model, networks");
  expect([isSamePlan(before, now), isSamePlan(now, now), isSamePlan(undefined, now)]).toEqual([false, true, false]);
});

test("labels and image count as parts, and within no other", () => {
  const planOf = (team: string): PlanHash =>
    hashParts({ labels: { team }, volumes: [{ name: "home", labels: { team } }] });
  expect(whyReplaced(planOf("one"), planOf("other"))).toBe("changed: labels");
});

test("the files' hash knows every file but the tokens, secrets and names too", () => {
  const files = (path: string, secret: string, tokens: string) => [
    { path, content: new Secret(secret), mode: 0o400 },
    { path: "tokens.json", content: tokens, mode: 0o400 },
  ];
  const base = files("secrets/model-key", "key", "one");
  expect(hashOfFiles(files("secrets/model-key", "key", "other"))).toBe(hashOfFiles(base));
  expect(hashOfFiles(files("secrets/model-key", "other", "one"))).not.toBe(hashOfFiles(base));
  expect(hashOfFiles(files("AGENTS.md", "key", "one"))).not.toBe(hashOfFiles(base));
  expect(hashOfTokens(files("secrets/model-key", "key", "other"))).not.toBe(hashOfTokens(base));
});
