import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hashOfFile, Secret } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PrivateDirectory } from "./private-directory.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "codex-workspace-"));
  vi.stubEnv("HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const token = new Secret("token-of-the-test");

test("a file is its owner's alone, and at the same place in the next synthesis", () => {
  const { source } = new PrivateDirectory("stack/agent", token).write("/etc/secrets/key", "hidden");
  expect(readFileSync(source, "utf8")).toBe("hidden");
  expect([statSync(source).mode & 0o777, statSync(dirname(source)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(source.startsWith(home)).toBe(true);
  expect(new PrivateDirectory("stack/agent", token).write("/etc/secrets/key", "other").source).toBe(source);
  expect(new PrivateDirectory("stack/other", token).write("/etc/secrets/key", "other").source).not.toBe(source);
});

test("its hash changes with its content, and is none that a guess could be compared with", () => {
  const hashOf = (text: string, key = token): string => new PrivateDirectory("s/a", key).write("/a", text).sourceHash;
  expect(hashOf("one")).toBe(hashOf("one"));
  expect(new Set([hashOf("one"), hashOf("two"), hashOf("one", new Secret("other")), hashOfFile("one")]).size).toBe(4);
});

test("what the last synthesis wrote and this one did not is removed, and the rest is not", () => {
  const before = new PrivateDirectory("s/a", token);
  const [gone, stays] = [before.write("/gone", "x").source, before.write("/stays", "y").source];
  const now = new PrivateDirectory("s/a", token);
  now.write("/stays", "y");
  now.removeOthers();
  expect([existsSync(gone), existsSync(stays)]).toEqual([false, true]);
});
