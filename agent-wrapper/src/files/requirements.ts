import { readFile } from "node:fs/promises";
import { containerPaths, WorkspaceError } from "@codex-workspace/core";
import type { Bundle } from "./read-bundle.ts";

/**
 * Makes sure that what shall be enforced is what Codex reads.
 *
 * @throws WorkspaceError `REQUIREMENTS_NOT_IN_FORCE`
 */
export async function requireRequirements({ requirementsToml }: Bundle): Promise<void> {
  if (requirementsToml === undefined) return;
  const file = containerPaths.requirements;
  const inForce = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (inForce === requirementsToml) return;
  throw new WorkspaceError(
    inForce === undefined
      ? `${file} does not exist: Codex would not enforce what this workspace asks for`
      : `${file} is another one than this workspace's: Codex would enforce that instead`,
    {
      code: "REQUIREMENTS_NOT_IN_FORCE",
      remedy: "Use an image of this release, built on a base image that has no such file, or leave `enforce` out.",
    },
  );
}
