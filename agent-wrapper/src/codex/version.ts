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

/** What thread/start needs in that version so that a terminal can resume the thread before its first turn. */
export function newThreadParams(codexVersion: string): Readonly<Record<string, unknown>> {
  // 0.155 refuses to resume a paginated history without a turn ("missing source rollout") and paginates by default;
  // 0.140 knows nothing of pages, and 0.162.1 resumes them.
  return codexVersion.startsWith("0.155.") ? { historyMode: "legacy" } : {};
}
