import { WorkspaceError } from "@codex-workspace/core";
import { type RunOnceOptions, runOnce } from "./run-once.ts";

/**
 * Makes sure that `program` is the Codex that the workspace was planned with.
 *
 * @throws WorkspaceError `CODEX_MISSING`, `CODEX_VERSION_MISMATCH`
 */
export async function requireCodexVersion(program: string, pinned: string, options: RunOnceOptions): Promise<void> {
  const { exitCode, stdout, stderr } = await runOnce(program, ["--version"], options);
  const found = /^codex(?:-cli)? (\S+)/m.exec(stdout)?.[1];
  if (exitCode !== 0 || found === undefined) {
    throw new WorkspaceError(`${program} does not run: ${stderr.trim() || stdout.trim()}`, {
      code: "CODEX_MISSING",
      remedy: `Use an image that holds Codex ${pinned}: one built from this release's Dockerfile.`,
    });
  }
  if (found !== pinned) {
    throw new WorkspaceError(`the image holds Codex ${found}, the workspace is pinned to ${pinned}`, {
      code: "CODEX_VERSION_MISMATCH",
      remedy: `Set codexVersion to "${found}", or use an image that holds Codex ${pinned}.`,
    });
  }
}
