import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isInside, leadsThrough, wayTo } from "./way-to.ts";

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "codex-workspace-")));
  await mkdir(join(directory, "project", "sub"), { recursive: true });
  await mkdir(join(directory, "outside"));
  await writeFile(join(directory, "outside", "key"), "key");
});
afterEach(() => rm(directory, { recursive: true }));

const at = (...parts: string[]): string => join(directory, ...parts);

test("follows links as the system does", async () => {
  await symlink("../../outside", at("project", "sub", "up"));
  await symlink(at("project", "sub", "up", "key"), at("key"));
  expect(wayTo(at("key")).real).toBe(await realpath(at("key")));
});

test("a missing path is kept as it is written", () => {
  expect(wayTo(at("none", "deep"))).toMatchObject({ real: at("none", "deep"), links: [] });
});

test("a link that leads to itself ends", async () => {
  await symlink("loop", at("loop"));
  expect(wayTo(at("loop")).real).toBe(at("loop"));
});

test("a path through a directory is known, also where it leads out again", async () => {
  await symlink(at("outside"), at("project", "out"));
  await symlink(at("project", "out"), at("link"));
  await symlink(at("project"), at("in"));
  for (const path of [at("project", "a"), at("project", "out", "key"), at("link", "key"), at("in", "sub")]) {
    expect([path, leadsThrough(wayTo(path), at("project"))]).toEqual([path, true]);
  }
  for (const path of [at("outside", "key"), at("projects"), at("project-2", "a")]) {
    expect([path, leadsThrough(wayTo(path), at("project"))]).toEqual([path, false]);
  }
});

test("a directory is inside of itself, and its neighbours are not", () => {
  expect(isInside("/a/b", "/a/b")).toBe(true);
  expect(isInside("/a/b/..c", "/a/b")).toBe(true);
  for (const path of ["/a", "/a/bc", "/"]) expect(isInside(path, "/a/b")).toBe(false);
});
