import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseSpecText, readSpecFile } from "./spec-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(() => rm(directory, { recursive: true }));

const caught = (action: () => unknown): WorkspaceError => {
  try {
    action();
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

test.each([
  ["spec.yaml", "sandboxMode: read-only\napi: { port: 0 }\n"],
  ["spec.yml", '{"sandboxMode": "read-only", "api": {"port": 0}}'],
  ["spec.toml", 'sandboxMode = "read-only"\n[api]\nport = 0\n'],
  ["spec.json", '{"sandboxMode": "read-only", "api": {"port": 0}}'],
])("%s is read by its ending", (path, text) => {
  expect(parseSpecText(path, text)).toEqual({ sandboxMode: "read-only", api: { port: 0 } });
});

test.each([
  ["bad.yaml", "model: a\nimage: [1, 2\napi: 3\n", 3, 1, "api: 3"],
  ["twice.yaml", "model: a\nmodel: b\n", 2, 1, "model: b"],
  ["bad.toml", 'model = "a"\napi = \n', 2, 7, "api = "],
  ["bad.json", '{"model": "a",\n "api": }\n', 2, 9, ' "api": }'],
  ["open.json", '{"model": "a"', 1, 14, '{"model": "a"'],
  ["comma.json", '{"model": "a",}', 1, 15, '{"model": "a",}'],
])("%s is refused with line, column and the line", (path, text, line, column, lineText) => {
  const error = caught(() => parseSpecText(path, text));

  expect(error.code).toBe("SPEC_UNREADABLE");
  expect(error.problems[0]).toMatchObject({ path, position: { line, column, lineText } });
});

test("another ending is refused, with those that are known", () => {
  expect(caught(() => parseSpecText("spec.txt", "")).message).toContain(".yaml, .yml, .toml and .json");
});

test("a directory's own spec is found without being named, and a missing one is none", async () => {
  expect(await readSpecFile(directory, undefined)).toBeUndefined();

  await writeFile(join(directory, "codex-workspace.toml"), 'model = "gpt-5.5"');

  expect(await readSpecFile(directory, undefined)).toEqual({
    path: join(directory, "codex-workspace.toml"),
    realPath: join(await realpath(directory), "codex-workspace.toml"),
    spec: { model: "gpt-5.5" },
    text: 'model = "gpt-5.5"',
    isOfProject: true,
  });
});

test("two specs in a directory are refused rather than chosen between", async () => {
  await writeFile(join(directory, "codex-workspace.toml"), "");
  await writeFile(join(directory, "codex-workspace.yaml"), "");

  await expect(readSpecFile(directory, undefined)).rejects.toMatchObject({ code: "SPEC_UNREADABLE" });
});

test("an empty file leaves everything to the defaults", async () => {
  const path = join(directory, "empty.yaml");
  await writeFile(path, "# nothing yet\n");

  expect((await readSpecFile(directory, path))?.spec).toEqual({});
});

test("a named file that is not there is bad input, not an empty spec", async () => {
  await expect(readSpecFile(directory, join(directory, "none.yaml"))).rejects.toMatchObject({
    code: "SPEC_UNREADABLE",
  });
});

test("an unknown key is refused with the file and the nearest known key", async () => {
  const path = join(directory, "typo.yaml");
  await writeFile(path, "sandbox_mod: read-only\n");

  await expect(readSpecFile(directory, path)).rejects.toMatchObject({
    code: "SPEC_INVALID",
    message: expect.stringContaining(path) as string,
    problems: [{ path: "sandbox_mod", message: expect.stringContaining("did you mean `sandboxMode`?") as string }],
  });
});
