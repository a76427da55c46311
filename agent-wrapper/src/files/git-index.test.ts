import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isTracked } from "./git-index.ts";

let root: string;
let project: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  project = join(root, "project");
  await mkdir(project);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const env = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  ...{ GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@example.com" },
  ...{ GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@example.com" },
};

function git(directory: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: directory, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function gitTracks(directory: string, name: string): boolean {
  try {
    git(directory, "ls-files", "--error-unmatch", "--", name);
    return true;
  } catch {
    return false;
  }
}

async function write(name: string, text = "text\n"): Promise<void> {
  await mkdir(dirname(join(project, name)), { recursive: true });
  await writeFile(join(project, name), text);
}

/** A repository that tracks AGENTS.md and `sub/AGENTS.md`. */
async function repository(...init: string[]): Promise<void> {
  git(project, "init", "-q", ...init);
  for (const name of ["AGENTS.md", "sub/AGENTS.md", "other"]) await write(name);
  git(project, "add", ".");
  git(project, "commit", "-qm", "first");
}

test("without a repository nothing is tracked", async () => {
  await write("AGENTS.md");
  expect(await isTracked(project, "AGENTS.md")).toBe("no");
  await mkdir(join(project, ".git"));
  expect(await isTracked(project, "AGENTS.md")).toBe("no");
});

const variants: readonly (readonly [name: string, init: string[], change: () => void])[] = [
  ["as git makes it", [], () => undefined],
  ["with SHA-256", ["--object-format=sha256"], () => undefined],
  ["of version 4", [], () => git(project, "update-index", "--index-version", "4")],
  ["of version 4 with SHA-256", ["--object-format=sha256"], () => git(project, "update-index", "--index-version", "4")],
  ["that is split", [], () => git(project, "update-index", "--split-index")],
  ["with an unchanged file", [], () => git(project, "update-index", "--assume-unchanged", "AGENTS.md")],
  ["with a file outside the work tree", [], () => git(project, "update-index", "--skip-worktree", "AGENTS.md")],
  ["with an untracked cache", [], () => git(project, "update-index", "--untracked-cache")],
  ["in a partial clone", [], () => git(project, "config", "extensions.partialClone", "origin")],
];

test.each(variants)("an index %s answers as git does", async (_, init, change) => {
  await repository(...init);
  change();
  await write("sub/untracked");
  for (const [directory, name] of [
    [project, "AGENTS.md"],
    [project, "absent"],
    [join(project, "sub"), "AGENTS.md"],
    [join(project, "sub"), "untracked"],
  ] as const) {
    expect(await isTracked(directory, name)).toBe(gitTracks(directory, name) ? "yes" : "no");
  }
  git(project, "add", "-N", "sub/untracked");
  expect(await isTracked(join(project, "sub"), "untracked")).toBe("yes");
});

test("linked work trees, submodules and separate git directories are found", async () => {
  await repository();
  const linked = join(root, "linked");
  git(project, "worktree", "add", "-q", linked);
  expect(await isTracked(linked, "AGENTS.md")).toBe("yes");
  expect(await isTracked(linked, "absent")).toBe("no");
  const outer = join(root, "outer");
  await mkdir(outer);
  git(outer, "init", "-q");
  git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", project, "inner");
  expect(await isTracked(join(outer, "inner"), "AGENTS.md")).toBe("yes");
  expect(await isTracked(outer, "inner")).toBe("yes");
  expect(await isTracked(outer, "AGENTS.md")).toBe("no");
  git(root, "clone", "-q", "--separate-git-dir", join(root, "elsewhere"), project, "separate");
  expect(await isTracked(join(root, "separate"), "AGENTS.md")).toBe("yes");
});

const damages: readonly (readonly [name: string, damage: () => unknown])[] = [
  ["an index that is cut", () => truncate(join(project, ".git", "index"), 90)],
  ["an empty index", () => truncate(join(project, ".git", "index"), 0)],
  ["an index that is a FIFO", () => replace("index", () => execFileSync("mkfifo", [join(project, ".git", "index")]))],
  ["an index that is a device", () => replace("index", () => symlink("/dev/zero", join(project, ".git", "index")))],
  ["an index that is a directory", () => replace("index", () => mkdir(join(project, ".git", "index")))],
  ["an index of 10 GiB", () => truncate(join(project, ".git", "index"), 10 * 1024 ** 3)],
  ["a .git file that leads nowhere", () => gitFile("gitdir: /nonexistent/.git/worktrees/wt\n")],
  ["a .git file that says nothing", () => gitFile("nonsense\n")],
  ["a .git that is a FIFO", () => gitFile(undefined)],
  ["another work tree", () => git(project, "config", "core.worktree", "/tmp")],
];

async function replace(name: string, make: () => unknown): Promise<void> {
  await rm(join(project, ".git", name));
  await make();
}

async function gitFile(text: string | undefined): Promise<void> {
  await rm(join(project, ".git"), { recursive: true });
  if (text === undefined) execFileSync("mkfifo", [join(project, ".git")]);
  else await writeFile(join(project, ".git"), text);
}

test.each(damages)("%s is no answer", async (_, damage) => {
  await repository();
  await damage();
  expect(await isTracked(project, "AGENTS.md")).toEqual({ unknown: expect.stringMatching(/./) as string });
});

test("an entry of a sparse index that hides the file is no answer", async () => {
  await repository();
  git(project, "sparse-checkout", "set", "--cone", "--sparse-index");
  await write("sub/AGENTS.md");
  expect(await isTracked(project, "AGENTS.md")).toBe("yes");
  expect(await isTracked(join(project, "sub"), "AGENTS.md")).not.toBe("no");
});

test("another owner and a broken configuration change nothing", async () => {
  await repository();
  await appendFile(join(project, ".git", "config"), "\n[core\n");
  if (process.getuid?.() === 0) await chown(project, 65534, 65534);
  expect(await isTracked(project, "AGENTS.md")).toBe("yes");
  expect(await isTracked(project, "absent")).toBe("no");
});

test("a damaged index is never an answer of no, whatever byte changes", async () => {
  await repository();
  const file = join(project, ".git", "index");
  const whole = await readFile(file);
  const names = whole.indexOf("AGENTS.md");
  let seed = 12;
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  // A change of the name itself is another name.
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(whole);
    const [at, bit] = [random(12), random(8)];
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    await writeFile(file, round % 2 === 0 ? bytes : whole.subarray(0, 12 + random(names - 12)));
    expect(await isTracked(project, "AGENTS.md"), `seed 12, round ${round}`).not.toBe("no");
  }
});

test("a repository's programs never run", async () => {
  await repository();
  const marker = join(root, "ran");
  const program = `touch ${marker}; false`;
  const keys = ["core.fsmonitor", "core.sshCommand", "remote.origin.uploadpack", "core.pager", "credential.helper"];
  for (const key of [...keys, "gpg.program", "diff.external", "filter.f.clean", "alias.ls-files", "core.editor"])
    git(project, "config", key, `!sh -c '${program}'`);
  git(project, "config", "remote.origin.url", "ext::sh -c false");
  git(project, "config", "extensions.partialClone", "origin");
  git(project, "config", "core.repositoryformatversion", "1");
  await rm(join(project, ".git", "objects"), { recursive: true });
  await mkdir(join(project, ".git", "objects"));
  expect(await isTracked(project, "AGENTS.md")).toBe("yes");
  expect(await isTracked(project, "absent")).toBe("no");
  expect(existsSync(marker)).toBe(false);
});

test("a copy of the repository elsewhere answers the same", async () => {
  await repository();
  await cp(project, join(root, "copy"), { recursive: true });
  await symlink(join(root, "copy"), join(root, "link"));
  expect(await isTracked(join(root, "link"), "AGENTS.md")).toBe("yes");
});
