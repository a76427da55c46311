import { fileURLToPath } from "node:url";

/** A path inside this package: the same from the sources, from dist and from an installed package. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(path, import.meta.resolve("@codex-workspace/agent-wrapper/package.json")));
}
