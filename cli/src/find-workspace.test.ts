import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findWorkspace } from "./find-workspace.ts";
import { State } from "./state.ts";

let root: string;
let state: State;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  state = new State(root);
});
afterEach(() => rm(root, { recursive: true }));

const add = (name: string, directory: string): Promise<void> =>
  state.workspace(name).write({ format: 1, name, engine: "local", directory, createdAt: "2026-01-01T00:00:00Z" });

test("the named one is found, and a typo is answered with the nearest", async () => {
  await add("frontend", "/src/a");
  await add("backend", "/src/b");

  expect((await findWorkspace(state, "/", { name: "backend" })).name).toBe("backend");
  await expect(findWorkspace(state, "/", { name: "fronted" })).rejects.toMatchObject({
    code: "WORKSPACE_NOT_FOUND",
    remedy: 'Did you mean "frontend"?',
  });
});

test("without a name it is the innermost around us, else the only one, else a question", async () => {
  await expect(findWorkspace(state, "/src", {})).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });

  await add("outer", "/src/a");
  expect((await findWorkspace(state, "/elsewhere", {})).name).toBe("outer");

  await add("inner", "/src/a/lib");
  expect((await findWorkspace(state, "/src/a/lib/deep", {})).name).toBe("inner");
  expect((await findWorkspace(state, "/src/a/..b", {})).name).toBe("outer");
  await expect(findWorkspace(state, "/src/ab", {})).rejects.toMatchObject({
    code: "WORKSPACE_AMBIGUOUS",
    message: expect.stringContaining("inner, outer") as string,
  });
});
