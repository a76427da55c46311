import { existsSync } from "node:fs";
import { join } from "node:path";

/** What Codex takes from a trusted project alone. */
const trustedFiles = ["config.toml", "hooks.json", "rules"];

/**
 * Returns the `.codex` directories of a notice of Codex's that it ignores files of an untrusted project; `undefined` for any
 * other notice. Codex tells it of empty directories too, and its sandbox makes one in every git repository (observed on 0.140 to 0.171).
 */
export function untrustedDirectories(summary: string): readonly string[] | undefined {
  if (!/^Project-local config.* are disabled in the following folders/.test(summary)) return undefined;
  return [...summary.matchAll(/^\s*\d+\. (.+)$/gm)].map(([, directory = ""]) => directory);
}

/** Returns a sentence about the files in it that Codex ignores, or `undefined` when there are none. */
export function ignoredFiles(directory: string): string | undefined {
  const ignored = trustedFiles.filter((name) => existsSync(join(directory, name)));
  if (ignored.length === 0) return undefined;
  return (
    `Codex ignores ${ignored.join(", ")} of ${directory}, because the project is not trusted. ` +
    "Set trustProject if the project's authors may run programs."
  );
}
