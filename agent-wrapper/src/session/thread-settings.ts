import { realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { SessionSettings } from "@codex-workspace/api";
import { WorkspaceError, type WrapperConfig } from "@codex-workspace/core";
import type { ThreadSettings } from "../codex/protocol.ts";
import { newThreadParams } from "../codex/version.ts";

/** What a session's thread is started and resumed with. */
export interface ThreadParams {
  readonly settings: ThreadSettings;
  /** Parameters of thread/start alone. */
  readonly newThread: Readonly<Record<string, unknown>>;
}

/** Keys of config.toml that a session has settings for. */
const namedKeys: Readonly<Record<string, string>> = {
  model: "model",
  sandbox_mode: "sandbox",
  approval_policy: "approvalPolicy",
  profile: "profile",
};

/**
 * A session's own settings over those of its profile or of the workspace.
 *
 * @throws WorkspaceError `SESSION_REFUSED`
 */
export function toThreadParams(config: WrapperConfig, own: SessionSettings): ThreadParams {
  const { paths, codex } = config;
  const base = own.profile === undefined ? config.session : config.profiles[own.profile];
  if (base === undefined) {
    const known = Object.keys(config.profiles).join(", ");
    throw refused(`there is no profile "${String(own.profile)}"`, `Use one of the spec's: ${known || "it has none"}.`);
  }
  requireFreeKeys(own.config ?? {}, codex.platformKeys);
  const { baseInstructions, developerInstructions, ephemeral } = own;
  const workspaceWrite = { ...base.workspaceWrite, ...(own.config?.["sandbox_workspace_write"] as object | undefined) };
  return {
    settings: {
      cwd: own.directory === undefined ? paths.workdir : directoryIn(paths.workdir, own.directory),
      sandbox: own.sandbox ?? base.sandboxMode,
      approvalPolicy: own.approvalPolicy ?? base.approvalPolicy,
      model: own.model ?? base.model,
      config: { ...base.config, ...own.config, sandbox_workspace_write: workspaceWrite },
      ...(baseInstructions !== undefined && { baseInstructions }),
      ...(developerInstructions !== undefined && { developerInstructions }),
    },
    newThread: { ...newThreadParams(codex.version), ...(ephemeral === true && { ephemeral }) },
  };
}

/** The directory itself: a link must not lead out of the project, which the agent may write to. */
function directoryIn(project: string, directory: string): string {
  try {
    const [inside, real] = [realpathSync(project), realpathSync(join(project, directory))];
    if (!statSync(real).isDirectory())
      throw refused(`${directory} is no directory`, "Name a directory of the project.");
    const path = relative(inside, real);
    if (path === "") return project;
    if (path !== ".." && !path.startsWith("../")) return real;
  } catch (error) {
    if (error instanceof WorkspaceError) throw error;
    throw refused(`${directory} cannot be used: ${(error as Error).message}`, "Name a directory of the project.");
  }
  throw refused(`${directory} is outside the project`, "Name a directory inside it, relative to it.");
}

function requireFreeKeys(table: Readonly<Record<string, unknown>>, platformKeys: readonly (readonly string[])[]): void {
  for (const path of leavesOf(table)) {
    const [first = ""] = path;
    const named = namedKeys[first];
    if (named !== undefined) throw refused(`config sets ${first}`, `Use "${named}" of the session in its place.`);
    const owned = platformKeys.some((key) => key.every((part, index) => path[index] === part));
    if (owned) throw refused(`config sets ${path.join(".")}, which belongs to the platform`, "Leave it out.");
  }
}

function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    // A dotted key is the path that it spells.
    leavesOf(inner, [...path, ...key.split(".")]),
  );
}

function refused(message: string, remedy: string): WorkspaceError {
  return new WorkspaceError(message, { code: "SESSION_REFUSED", remedy });
}
