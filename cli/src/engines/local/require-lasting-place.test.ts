import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requireLastingPlace } from "./require-lasting-place.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "place-"));
  for (const name of ["temporary", "temporary/state", "temporary-not", "..state"]) await mkdir(join(directory, name));
  await symlink("temporary", join(directory, "link"));
});
afterEach(() => rm(directory, { recursive: true }));

const below = (name: string): Promise<void> =>
  requireLastingPlace(join(directory, name), [join(directory, "temporary"), join(directory, "nowhere")]);

test.each(["temporary", "temporary/state", "link/state"])("a state in %s is refused", async (name) => {
  await expect(below(name)).rejects.toThrow(/the agent may write all of .*\/temporary$/);
});

test.each(["temporary-not", "..state"])("a state in %s is not", async (name) => {
  await expect(below(name)).resolves.toBeUndefined();
});

test("below the machine's temporary directory it is refused, with what to do", async () => {
  await expect(requireLastingPlace(directory)).rejects.toMatchObject({
    code: "DIRECTORY_UNUSABLE",
    remedy: expect.stringContaining("CODEX_WORKSPACE_STATE") as string,
  });
});
