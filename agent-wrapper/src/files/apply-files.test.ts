import { chmod, chown, link, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { applyFiles } from "./apply-files.ts";

let codexHome: string;

beforeEach(async () => {
  codexHome = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  await chmod(codexHome, 0o777);
});
afterEach(() => rm(codexHome, { recursive: true, force: true }));

const configs = [{ file: "config.toml", base: null, next: 'model = "ours"\n', required: [] }];

async function apply(): Promise<void> {
  const result = await applyFiles({ codexHome, configs, agentsMd: "Name your sources.", project: null });
  expect(result).toMatchObject({ ok: true });
}

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)("files of CODEX_HOME keep mode, owner, group and hard links", async () => {
  const kept = async (name: string) => {
    const { mode, uid, gid, nlink } = await stat(join(codexHome, name));
    return { mode: mode & 0o7777, uid, gid, nlink };
  };
  for (const name of ["config.toml", "AGENTS.md"]) {
    await writeFile(join(codexHome, name), "# theirs\n");
    await chown(join(codexHome, name), 1234, 4321);
    await chmod(join(codexHome, name), 0o664);
  }
  await link(join(codexHome, "config.toml"), join(codexHome, "linked.toml"));
  await apply();
  expect(await kept("config.toml")).toEqual({ mode: 0o664, uid: 1234, gid: 4321, nlink: 2 });
  expect(await kept("AGENTS.md")).toEqual({ mode: 0o664, uid: 1234, gid: 4321, nlink: 1 });
  expect(await readFile(join(codexHome, "linked.toml"), "utf8")).toBe('# theirs\nmodel = "ours"\n');
});

test.runIf(isRoot)("a config.toml that its owner alone may write is replaced by ours", async () => {
  const file = join(codexHome, "config.toml");
  await writeFile(file, "# theirs\n");
  await chown(file, 1234, 4321);
  await chmod(file, 0o644);
  process.seteuid?.(1000);
  try {
    await apply();
  } finally {
    process.seteuid?.(0);
  }
  expect(await readFile(file, "utf8")).toContain('model = "ours"');
  expect(await stat(file)).toMatchObject({ uid: 1000 });
});

test("a new config.toml is its user's alone", async () => {
  await apply();
  expect((await stat(join(codexHome, "config.toml"))).mode & 0o777).toBe(0o600);
});
