import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A path inside this package, which is found by its name: the same from the sources, from dist and from a bundle. */
export function packagePath(path: string): string {
  const { resolve } = createRequire(import.meta.url);
  return join(dirname(resolve("@codex-workspace/agent-wrapper/package.json")), path);
}
