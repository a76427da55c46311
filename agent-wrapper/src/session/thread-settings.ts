import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionSettings } from "@codex-workspace/api";
import { configFiles, ownValue, parseToml, WorkspaceError, type WrapperConfig } from "@codex-workspace/core";
import type { ThreadSettings } from "../codex/protocol.ts";
import { newThreadParams } from "../codex/version.ts";
import type { Bundle } from "../files/read-bundle.ts";
import type { ExpectedSettings } from "./compare-settings.ts";
import { permissionKeys, permissionsOf } from "./foreign-permissions.ts";
import type { Instructions } from "./unread-instructions.ts";
import { directoryIn, isWithin, requireHarmlessRoots } from "./session-directory.ts";

/** What a session's thread is started and resumed with. */
export interface ThreadParams {
  readonly settings: ThreadSettings;
  readonly expected: ExpectedSettings;
  /** The permission keys of our config.toml. */
  readonly configured: Readonly<Record<string, unknown>>;
  /** What the spec wants the model to read. */
  readonly instructions: readonly Instructions[];
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
 * Keys of config.toml that make Codex itself start programs, outside the sandbox and without a prompt, or that trust a
 * directory whose settings do. The spec and its profiles may set them. The scope `admin` alone may not.
 */
const programKeys: ReadonlySet<string> = new Set([
  "apps",
  "hooks",
  "marketplaces",
  "mcp_servers",
  "model_provider",
  "model_providers",
  "notify",
  "otel",
  "plugins",
  "projects",
  "shell_environment_policy",
  "skills",
  "zsh_path",
]);

function instructionsOf({ agentsMd, projectAgentsMd, paths }: WrapperConfig): Instructions[] {
  return [
    ...(agentsMd ? [{ input: "systemPrompt", file: join(paths.codexHome, "AGENTS.md") } as const] : []),
    ...(projectAgentsMd !== "none"
      ? [{ input: "projectSystemPrompt", file: join(paths.workdir, "AGENTS.md") } as const]
      : []),
  ];
}

/**
 * A session's own settings over those of its profile or of the workspace.
 *
 * @throws WorkspaceError `SESSION_REFUSED`
 */
export function toThreadParams(
  { config, configToml }: Pick<Bundle, "config" | "configToml">,
  own: SessionSettings,
): ThreadParams {
  const { paths, codex } = config;
  const base = own.profile === undefined ? config.session : ownValue(config.profiles, own.profile);
  if (base === undefined) {
    const known = Object.keys(config.profiles).join(", ");
    throw refused(`there is no profile "${String(own.profile)}"`, `Use one of the spec's: ${known || "it has none"}.`);
  }
  requireFreeKeys(own.config ?? {}, codex.platformKeys);
  const { baseInstructions, developerInstructions, ephemeral } = own;
  const sandbox = own.sandbox ?? base.sandboxMode;
  const permissions = own.sandbox === undefined ? base.permissions : undefined;
  if (permissions !== undefined && own.config !== undefined && "sandbox_workspace_write" in own.config) {
    const message = `config sets sandbox_workspace_write, and the permission profile ${permissions.profile} replaces it`;
    throw refused(message, 'Set "sandbox" of the session too, or leave it out.');
  }
  const workspaceWrite = withoutInnerRoots(paths.workdir, {
    ...base.workspaceWrite,
    ...(own.config?.["sandbox_workspace_write"] as object | undefined),
  });
  if (sandbox === "workspace-write") {
    const kept = [paths.codexHome, paths.terminalHome, paths.state, paths.uploads];
    requireHarmlessRoots([paths.workdir, ...rootsOf(workspaceWrite)], kept);
  }
  const approvalPolicy = own.approvalPolicy ?? base.approvalPolicy;
  const model = own.model ?? base.model;
  const runtimeWorkspaceRoots = [paths.workdir];
  return {
    settings: {
      cwd: own.directory === undefined ? paths.workdir : directoryIn(paths.workdir, own.directory),
      runtimeWorkspaceRoots,
      ...(permissions === undefined ? { sandbox } : { permissions: permissions.profile }),
      approvalPolicy,
      model,
      config: {
        ...base.config,
        ...own.config,
        ...(permissions === undefined && { sandbox_workspace_write: workspaceWrite }),
        ...(permissions?.definition !== undefined && {
          permissions: { [permissions.profile]: permissions.definition },
        }),
      },
      ...(baseInstructions !== undefined && { baseInstructions }),
      ...(developerInstructions !== undefined && { developerInstructions }),
    },
    expected: {
      ...{ sandbox, workspaceWrite, permissions: permissions?.profile, approvalPolicy, model },
      writableDirectories: [...runtimeWorkspaceRoots, ...temporaryDirectories(workspaceWrite, codex.env["TMPDIR"])],
    },
    configured: permissionsOf(parseToml(configToml, { layer: configFiles.configToml })),
    instructions: instructionsOf(config),
    newThread: { ...newThreadParams(codex.version), ...(ephemeral === true && { ephemeral }) },
  };
}

/** Directories that Codex lets commands write unless the table excludes them. */
function temporaryDirectories(table: Readonly<Record<string, unknown>>, directory = tmpdir()): string[] {
  return [
    ...(table["exclude_slash_tmp"] === true ? [] : ["/tmp"]),
    ...(table["exclude_tmpdir_env_var"] === true ? [] : [directory]),
  ];
}

/**
 * The table without writable roots in the project, which is writable as a whole. The agent could replace such a root by
 * a link, and Codex follows the link.
 */
function withoutInnerRoots(project: string, table: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { writable_roots: roots } = table;
  if (!Array.isArray(roots)) return table;
  return { ...table, writable_roots: roots.filter((root) => !isWithin(project, String(root))) };
}

function rootsOf({ writable_roots: roots }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(roots) ? roots.map(String) : [];
}

function requireFreeKeys(table: Readonly<Record<string, unknown>>, platformKeys: readonly (readonly string[])[]): void {
  for (const path of leavesOf(table)) {
    const [first = ""] = path;
    const named = ownValue(namedKeys, first);
    if (named !== undefined) throw refused(`config sets ${first}`, `Use "${named}" of the session in its place.`);
    if (permissionKeys.includes(first)) {
      const message = `config sets ${first}, and what the session is started with replaces it`;
      throw refused(message, 'Use "sandbox" of the session, or the input `permissions` of the spec.');
    }
    if (programKeys.has(first)) {
      const message = `config sets ${first}, with which Codex starts programs outside the sandbox`;
      throw refused(message, `Set ${first} in the spec, or in a profile of the spec that the session uses.`);
    }
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
