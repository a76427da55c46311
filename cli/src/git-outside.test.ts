import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { warnOfGitOutside } from "./git-outside.ts";

let root: string;
let main: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "codex-workspace-")));
  main = join(root, "main");
  await mkdir(main);
  git(main, "init", "--quiet");
  git(main, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "-m", "first");
});
afterEach(() => rm(root, { recursive: true, force: true }));

function git(cwd: string, ...args: string[]): void {
  const env = { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
  execFileSync("git", ["-c", "protocol.file.allow=always", ...args], { cwd, env, stdio: "ignore" });
}

test("a repository of its own, and no repository, have no warning", async () => {
  expect(warnOfGitOutside(main)).toEqual([]);
  expect(warnOfGitOutside(root)).toEqual([]);
  git(root, "clone", "--quiet", "--no-local", main, "copy");
  expect(warnOfGitOutside(join(root, "copy"))).toEqual([]);
  await symlink(main, join(root, "link"));
  expect(warnOfGitOutside(join(root, "link"))).toEqual([]);
});

test("a worktree within the project has no warning", () => {
  git(main, "worktree", "add", "--quiet", "inner");
  expect(warnOfGitOutside(main)).toEqual([]);
  expect(warnOfGitOutside(join(main, "inner"))).toEqual([expect.stringContaining(join(main, ".git/worktrees/inner"))]);
});

test("a linked worktree names the repository that is missing", () => {
  git(main, "worktree", "add", "--quiet", "../linked");
  expect(warnOfGitOutside(join(root, "linked"))).toEqual([
    expect.stringContaining(`its repository is ${join(main, ".git/worktrees/linked")}, which is not in the container`),
  ]);
});

test("a submodule as the project names it, and a project with submodules does not", () => {
  git(main, "submodule", "add", "--quiet", main, "part");
  expect(warnOfGitOutside(main)).toEqual([]);
  expect(warnOfGitOutside(join(main, "part"))).toEqual([expect.stringContaining(join(main, ".git/modules/part"))]);
});

test("a separate git directory, a linked one and shared objects are named", async () => {
  git(root, "clone", "--quiet", "--shared", main, "shared");
  expect(warnOfGitOutside(join(root, "shared"))).toEqual([expect.stringContaining(join(main, ".git/objects"))]);
  git(root, "clone", "--quiet", "--separate-git-dir", join(root, "elsewhere"), main, "separate");
  expect(warnOfGitOutside(join(root, "separate"))).toEqual([expect.stringContaining(join(root, "elsewhere"))]);
  await rename(join(main, ".git"), join(root, "moved"));
  await symlink(join(root, "moved"), join(main, ".git"));
  expect(warnOfGitOutside(main)).toEqual([expect.stringContaining(join(root, "moved"))]);
});

test("a hostile .git file costs no time and writes nothing to a terminal", async () => {
  const hostile = join(root, "hostile");
  await mkdir(hostile);
  await writeFile(join(hostile, ".git"), "gitdir: /home/\u001b[2Jme\n");
  expect(warnOfGitOutside(hostile).join("")).not.toContain("\u001b");
  await rm(join(hostile, ".git"));
  execFileSync("mkfifo", [join(hostile, ".git")]);
  expect(warnOfGitOutside(hostile)).toEqual([]);
  await rm(join(hostile, ".git"));
  await symlink(".git", join(hostile, ".git"));
  expect(warnOfGitOutside(hostile)).toEqual([]);
});
