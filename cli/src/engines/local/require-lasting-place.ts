import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { relative } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";

/**
 * Makes sure that a workspace's directory, with its CODEX_HOME, is below no temporary directory: the agent's commands may
 * write those, and Codex makes no sandbox where its home is in one (seen on 0.140 to 0.169: no command runs).
 *
 * @throws WorkspaceError `DIRECTORY_UNUSABLE`
 */
export async function requireLastingPlace(directory: string, temporaries = ["/tmp", tmpdir()]): Promise<void> {
  const place = await realpath(directory);
  for (const temporary of temporaries) {
    const way = relative(await realpath(temporary).catch(() => temporary), place);
    if (way === ".." || way.startsWith("../")) continue;
    throw new WorkspaceError(
      `the workspace's state would be in ${place}, and the agent may write all of ${temporary}`,
      {
        code: "DIRECTORY_UNUSABLE",
        remedy: "Set CODEX_WORKSPACE_STATE to a directory that is not below a temporary one.",
      },
    );
  }
}
