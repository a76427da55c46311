import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
