import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { BuildContext } from "@codex-workspace/core";
import { cachedBuildContexts, isInside, writeBuildContext } from "@codex-workspace/provisioning";
import * as pulumi from "@pulumi/pulumi";

const below = ".codex-workspace/build-contexts";

/**
 * Writes a build context and returns its path in the words of `build.context`. The state has that path, so in the folder of a
 * project it is relative to the program: the same for a colleague and in CI. The engine starts the provider in the directory
 * in which it starts the program. An inline program, and our plugin, run elsewhere and use a path of this user.
 */
export function buildContextPath(context: BuildContext): string {
  const root = pulumi.getRootDirectory();
  // Pulumi's mocks have a root that is no path.
  const isInProject = isAbsolute(root) && existsSync(root) && isInside(process.cwd(), realpathSync(root));
  if (!isInProject) return join(cachedBuildContexts(), writeBuildContext(context, cachedBuildContexts()));
  const parent = join(process.cwd(), below);
  mkdirSync(parent, { recursive: true });
  writeFileSync(join(process.cwd(), ".codex-workspace", ".gitignore"), "*\n");
  return `./${below}/${writeBuildContext(context, parent)}`;
}
