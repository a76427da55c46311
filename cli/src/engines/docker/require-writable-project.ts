import { stat } from "node:fs/promises";
import { containerUsers, WorkspaceError, type WorkspacePlan } from "@codex-workspace/core";

/**
 * Refuses a project directory in which the agent could write nothing, before anything is built or stopped. The agent runs as the
 * owner of the directory, and never as root. A directory that a group or others may write is left to the workspace to try:
 * access control lists show there too.
 *
 * @throws WorkspaceError `PROJECT_NOT_WRITABLE`
 */
export async function requireWritableProject({ name, project, session }: WorkspacePlan): Promise<void> {
  if (project.kind !== "bind" || session.sandboxMode === "read-only") return;
  // A directory that is missing, or that this user may not see, Docker refuses in its own words.
  const found = await stat(project.path).catch(() => undefined);
  if (found === undefined) return;
  const uid = found.uid === 0 ? containerUsers.codex : found.uid;
  const writing = found.uid === uid ? 0o222 : 0o022;
  if ((found.mode & writing) !== 0) return;
  const owner = found.uid === 0 ? "belongs to root" : "is read-only for its owner";
  throw new WorkspaceError(
    `"${name}" did not start: the agent's uid ${uid} may not write the project directory ${project.path}, which ${owner}`,
    {
      code: "PROJECT_NOT_WRITABLE",
      remedy: `Give the top directory, and what the agent shall change, to that user: \`chown ${uid} ${project.path}\`. The agent then runs as the owner of that directory. Or mount a volume (\`project.volume\`), or set sandboxMode to "read-only".`,
    },
  );
}
