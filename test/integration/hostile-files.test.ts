import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, chmod, lstat, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeEach(async () => {
  workspace = await TestWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const projectSystemPrompt = { text: "PROJECT-RULE." };

async function warnings(spec: Parameters<TestWorkspace["start"]>[0]): Promise<string[]> {
  await workspace.stop();
  await workspace.start(spec);
  await workspace.ready();
  return (await workspace.status())["warnings"] as string[];
}

/** What may be in the place of a file of text. */
const others: readonly (readonly [name: string, make: (path: string) => unknown, reason: RegExp])[] = [
  ["a directory", (path) => mkdir(join(path, "below"), { recursive: true }), /directory/],
  ["a FIFO", (path) => execFileSync("mkfifo", [path]), /FIFO/],
  ["a link to a device", (path) => symlink("/dev/zero", path), /symbolic link/],
  ["a dangling link", (path) => symlink("nowhere", path), /symbolic link/],
  ["a sparse file of 10 GiB", (path) => writeFile(path, "").then(() => truncate(path, 10 * 1024 ** 3)), /longer/],
  ["Latin-1", (path) => writeFile(path, Buffer.from([0x23, 0xe4, 0x0a])), /UTF-8/],
];

describe("the project's AGENTS.md", () => {
  const file = (): string => join(workspace.layout.workdir, "AGENTS.md");
  beforeEach(() => mkdir(workspace.layout.workdir));

  test.each(others)("%s is left alone, and the workspace starts", async (_, make, reason) => {
    await make(file());
    const before = await lstat(file());
    const said = await warnings({ projectSystemPrompt });
    expect(said).toEqual([expect.stringMatching(/AGENTS\.md was left alone: .* \(FILE_LEFT_ALONE\)\.$/)]);
    expect(said[0]).toMatch(reason);
    const { ino, mode, size } = await lstat(file());
    expect({ ino, mode, size }).toEqual({ ino: before.ino, mode: before.mode, size: before.size });
    // Without a text for it, there is nothing to say.
    expect(await warnings({})).toEqual([]);
  });

  test("broken markers of a repository do not keep the workspace from starting", async () => {
    await writeFile(file(), "<!-- codex-workspace:end instructions -->\n");
    expect(await warnings({ projectSystemPrompt })).toEqual([expect.stringContaining("FILE_LEFT_ALONE")]);
  });

  test("a tracked file stays whatever git would say, an untracked one is written", async () => {
    const git = (...args: string[]): unknown =>
      execFileSync("git", ["-C", workspace.layout.workdir, ...args], { stdio: "ignore" });
    const marker = join(workspace.directory, "ran");
    await writeFile(file(), "# Theirs\n");
    git("init");
    git("add", "AGENTS.md");
    for (const key of ["core.fsmonitor", "core.sshCommand", "remote.origin.uploadpack", "core.pager"])
      git("config", key, `touch ${marker}; false`);
    git("config", "remote.origin.url", workspace.directory);
    git("config", "extensions.partialClone", "origin");
    expect(await warnings({ projectSystemPrompt })).toEqual([expect.stringContaining("git tracks it")]);
    await appendFile(join(workspace.layout.workdir, ".git", "config"), "\n[core\n");
    expect(await warnings({ projectSystemPrompt })).toEqual([expect.stringContaining("git tracks it")]);
    await truncate(join(workspace.layout.workdir, ".git", "index"), 40);
    expect(await warnings({ projectSystemPrompt })).toEqual([expect.stringContaining("unknown whether git tracks it")]);
    expect(await readFile(file(), "utf8")).toBe("# Theirs\n");
    await rm(join(workspace.layout.workdir, ".git"), { recursive: true });
    await chmod(file(), 0o664);
    expect(await warnings({ projectSystemPrompt })).toEqual([]);
    expect(await readFile(file(), "utf8")).toContain("PROJECT-RULE.");
    expect((await lstat(file())).mode & 0o777).toBe(0o664);
    expect(existsSync(marker)).toBe(false);
  });
});

describe("CODEX_HOME", () => {
  const path = (name: string): string => join(workspace.layout.codexHome, name);
  beforeEach(() => mkdir(workspace.layout.codexHome));

  test.each(others)("a config.toml that is %s is set aside, and the spec's settings apply", async (_, make, reason) => {
    await make(path("config.toml"));
    const said = await warnings({ model: "gpt-5.4" });
    expect(said).toEqual([expect.stringContaining("FILE_SET_ASIDE")]);
    expect(said[0]).toMatch(reason);
    expect(await readFile(path("config.toml"), "utf8")).toContain('model = "gpt-5.4"');
    const names = await readdir(workspace.layout.codexHome);
    expect(names.filter((name) => name.startsWith("config.toml.set-aside-"))).toHaveLength(1);
    expect(await warnings({ model: "gpt-5.4" })).toEqual([]);
  });

  test("a link keeps its target's text", async () => {
    const target = join(workspace.directory, "dotfiles.toml");
    await writeFile(target, 'sandbox_mode = "danger-full-access"\n');
    await symlink(target, path("config.toml"));
    expect(await warnings({})).toEqual([expect.stringContaining("symbolic link")]);
    expect(await readFile(target, "utf8")).toBe('sandbox_mode = "danger-full-access"\n');
    expect(await workspace.mayWrite(join(workspace.directory, "outside"))).toBe(false);
  });

  test.each(others)("an AGENTS.md that is %s does not keep the workspace from starting", async (_, make) => {
    await make(path("AGENTS.md"));
    const said = await warnings({ systemPrompt: "GLOBAL-RULE." });
    expect(said).toEqual([expect.stringMatching(/longer .*FILE_SET_ASIDE|FILE_LEFT_ALONE/)]);
  });

  test("a CODEX_HOME that is a dangling link is an error with a code", async () => {
    await rm(workspace.layout.codexHome, { recursive: true });
    await symlink("nowhere", workspace.layout.codexHome);
    await workspace.start();
    expect(await workspace.failed()).toContain("cannot be used");
  });
});
