import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSecretResolver } from "./secret-resolver.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a secret comes from the environment, or from a file beside the spec, without the final newline", async () => {
  await writeFile(join(directory, "key"), "from file\n");
  const resolve = createSecretResolver({ env: { KEY: "from env" }, directory });

  expect(resolve({ env: "KEY" }).reveal()).toBe("from env");
  expect(resolve({ file: "key" }).reveal()).toBe("from file");
  expect(resolve({ file: join(directory, "key") }).reveal()).toBe("from file");
});

test("a secret that is not there is refused with both ways to give one", async () => {
  await writeFile(join(directory, "empty"), "\n");
  const resolve = createSecretResolver({ env: { BLANK: " " }, directory });

  for (const reference of [{ env: "NONE" }, { env: "BLANK" }, { file: "none" }, { file: "empty" }]) {
    expect(() => resolve(reference)).toThrow(
      expect.objectContaining({
        code: "SECRET_UNRESOLVED",
        remedy: expect.stringMatching(/export .*\{ env: .*\{ file: PATH \}/) as string,
      }) as Error,
    );
  }
});

test("a secret file in a project is refused, and outside of it read", async () => {
  await mkdir(join(directory, "project"));
  for (const file of ["key", "project/key"]) await writeFile(join(directory, file), "secret");
  const projects = [await realpath(join(directory, "project"))];
  const resolve = createSecretResolver({ env: {}, directory });

  expect(resolve({ file: "key" }, projects).reveal()).toBe("secret");
  expect(() => resolve({ file: "project/key" }, projects)).toThrow(
    expect.objectContaining({ code: "SECRET_IN_PROJECT" }) as Error,
  );
});
