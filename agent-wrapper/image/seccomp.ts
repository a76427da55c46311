import { readFileSync } from "node:fs";

import { packagePath } from "./package-path.ts";

/**
 * Text of the seccomp profile of a workspace container, without blanks: Docker's default (moby/profiles v0.2.3, which
 * engines from 20.10 on accept) and what bubblewrap needs for Codex's sandbox. `security_opt` takes it inline.
 */
export function seccompProfile(): string {
  return JSON.stringify(JSON.parse(readFileSync(packagePath("image/seccomp.json"), "utf8")));
}
