import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SecretFiles } from "./secret-files.ts";

let directory: string;
let files: SecretFiles;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "codex-workspace-")));
  await mkdir(at("project", "deep"), { recursive: true });
  await writeFile(at("key"), "outside");
  await writeFile(at("project", "deep", "key"), "inside");
  files = new SecretFiles({ directory, projects: [at("project")] });
});
afterEach(() => rm(directory, { recursive: true }));

const at = (...parts: string[]): string => join(directory, ...parts);
const refusedWith = (code: string): Error => expect.objectContaining({ code }) as Error;

test("a secret outside of the project is read, through links outside of it too", async () => {
  await symlink("key", at("link"));
  expect(files.read("key").content.toString()).toBe("outside");
  expect(files.read("link")).toMatchObject({ path: at("key") });
});

test("a secret in the project is refused, however its path leads there", async () => {
  await symlink("project/deep", at("into"));
  await symlink(at("key"), at("project", "out"));
  await symlink(at("project", "out"), at("through"));
  for (const path of [
    "project/deep/key",
    "into/key",
    "project/out",
    "through",
    "project/none",
    "project/../project/out",
  ]) {
    expect(() => files.read(path), path).toThrow(refusedWith("SECRET_IN_PROJECT"));
    expect(() => files.locate(at(path)), path).toThrow(refusedWith("SECRET_IN_PROJECT"));
  }
});

test("a file is read once: its later content does not count, and neither does its arrival", async () => {
  expect(() => files.read("late")).toThrow(refusedWith("SECRET_UNRESOLVED"));
  files.read("key");
  await writeFile(at("key"), "later");
  await writeFile(at("late"), "later");
  expect(files.read("key").content.toString()).toBe("outside");
  expect(() => files.read("late")).toThrow(refusedWith("SECRET_UNRESOLVED"));
});

test("what is no small regular file is refused at once", async () => {
  execFileSync("mkfifo", [at("fifo")]);
  await writeFile(at("large"), "");
  await truncate(at("large"), 64 * 1024 + 1);
  for (const path of ["fifo", "large", "project/..", "/dev/zero", "/dev/stdin"]) {
    expect(() => files.read(path), path).toThrow(refusedWith("SECRET_UNRESOLVED"));
  }
  await truncate(at("large"), 64 * 1024);
  expect(new SecretFiles({ directory }).read("large").content).toHaveLength(64 * 1024);
});
