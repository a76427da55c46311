import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { State, stateRoot, type WorkspaceRecord } from "./state.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(() => rm(root, { recursive: true }));

const record: WorkspaceRecord = {
  format: 1,
  name: "app",
  engine: "local",
  directory: "/src/app",
  createdAt: "2026-01-01T00:00:00.000Z",
};

test("the state directory is the named one, else XDG's, else below the home", () => {
  expect(stateRoot({ CODEX_WORKSPACE_STATE: "/s", XDG_STATE_HOME: "/x" }, "/home/u")).toBe("/s");
  expect(stateRoot({ XDG_STATE_HOME: "/x" }, "/home/u")).toBe("/x/codex-workspace");
  expect(stateRoot({ XDG_STATE_HOME: "" }, "/home/u")).toBe("/home/u/.local/state/codex-workspace");
});

test("a record and a token are read back as they were written, by their owner alone", async () => {
  const workspace = new State(root).workspace("app");

  await workspace.write(record);
  await workspace.writeToken(new Secret("t0ken"));

  expect(await workspace.read()).toEqual(record);
  expect((await workspace.readToken())?.reveal()).toBe("t0ken");
  expect((await stat(workspace.path)).mode & 0o777).toBe(0o700);
  expect((await stat(workspace.tokenFile)).mode & 0o777).toBe(0o600);
});

test("a record of an earlier release is read, and what runs of it is not known", async () => {
  const workspace = new State(root).workspace("app");
  await workspace.write(record);
  await writeFile(join(workspace.path, "record.json"), JSON.stringify({ ...record, planHash: "one for all" }));

  expect(await workspace.read()).toEqual(record);
});

test("nothing written is no workspace, and a removed one is gone", async () => {
  const state = new State(root);
  expect(await state.records()).toEqual([]);
  expect(await state.workspace("app").read()).toBeUndefined();

  await state.workspace("app").write(record);
  expect(await state.records()).toEqual([record]);

  await state.workspace("app").remove();
  expect(await state.records()).toEqual([]);
});

test("a record of another release is refused, not guessed at", async () => {
  const workspace = new State(root).workspace("app");
  await workspace.write(record);
  await writeFile(join(workspace.path, "record.json"), JSON.stringify({ ...record, format: 2 }));

  await expect(workspace.read()).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
});
