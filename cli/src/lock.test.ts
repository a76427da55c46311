import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withWorkspaceLock } from "./lock.ts";
import { identify } from "./process-identity.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(() => rm(root, { recursive: true }));

test("while one holds the lock of a workspace, another is told; another workspace is free", async () => {
  await withWorkspaceLock(root, "app", async () => {
    await expect(withWorkspaceLock(root, "app", () => Promise.resolve("in"))).rejects.toMatchObject({
      code: "WORKSPACE_BUSY",
      message: expect.stringContaining(`pid ${process.pid}`) as string,
    });
    await expect(withWorkspaceLock(root, "other", () => Promise.resolve("in"))).resolves.toBe("in");
  });

  await expect(withWorkspaceLock(root, "app", () => Promise.resolve("in"))).resolves.toBe("in");
});

test("a failure gives the lock back", async () => {
  await expect(withWorkspaceLock(root, "app", () => Promise.reject(new Error("no")))).rejects.toThrow("no");

  expect(await readdir(join(root, "locks"))).toEqual([]);
});

test.each([
  ["is gone", { pid: 2 ** 22 + 1, began: "long ago" }],
  ["has given its pid to another", { pid: process.pid, began: "before this one" }],
])("the lock of a process that %s counts for nothing", async (_how, holder) => {
  await mkdir(join(root, "locks"));
  await writeFile(join(root, "locks", "app.lock"), JSON.stringify(holder));

  await expect(withWorkspaceLock(root, "app", () => Promise.resolve("in"))).resolves.toBe("in");
});

test("a process is told from another with its pid", async () => {
  const self = await identify(process.pid);

  expect(self).toMatchObject({ pid: process.pid });
  expect(await identify(process.pid)).toEqual(self);
  expect(await identify(2 ** 22 + 1)).toBeUndefined();
});
