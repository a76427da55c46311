import { isTomlTable, type TomlTable, valueOf } from "../config/toml-table.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import type { PermissionAccess, PermissionsInput, SandboxMode } from "../spec/workspace-spec.ts";

/** Name of the profile that a spec defines, in `[permissions]`. */
const ownProfile = "workspace-spec";

/** A permission profile that a thread is started with instead of a sandbox mode. */
export interface PlannedPermissions {
  /** The value of `default_permissions`. */
  readonly profile: string;
  /** The table of `[permissions]` that defines it; undefined for a built-in profile. */
  readonly definition?: TomlTable;
}

/** The sandbox mode that a profile amounts to, with its `sandbox_workspace_write`. */
export interface EquivalentSandbox {
  readonly sandboxMode: SandboxMode;
  readonly workspaceWrite: TomlTable;
}

/** What a built-in profile gives in addition to reading everything. */
const builtIns: Readonly<Record<string, Readonly<Record<string, PermissionAccess>>>> = {
  ":read-only": {},
  ":workspace": { ":workspace_roots": "write", ":tmpdir": "write", ":slash_tmp": "write" },
};

/** The input `permissions` as keys of config.toml. */
export function permissionSettings(permissions: PermissionsInput): TomlTable {
  if (typeof permissions === "string") return { default_permissions: permissions };
  const { extends: base = ":read-only", filesystem = {}, networkAccess = false } = permissions;
  const definition: TomlTable = {
    extends: base,
    ...(Object.keys(filesystem).length > 0 && { filesystem: { ...filesystem } }),
    network: { enabled: networkAccess },
  };
  return { default_permissions: ownProfile, permissions: { [ownProfile]: definition } };
}

/**
 * Refuses a writable path in a directory that is writable as a whole. The agent could replace such a path by a link, and
 * Codex follows the link.
 *
 * @throws WorkspaceError `SPEC_INVALID`
 */
export function requireOuterPaths(permissions: PermissionsInput, workdir: string): void {
  const { profile, definition } = plannedPermissions(permissionSettings(permissions)) ?? {};
  if (profile === undefined || definition === undefined) return;
  const written = writtenPaths({ profile, definition });
  const directories = written.map((path) => (path === ":workspace_roots" ? workdir : path));
  const problems = written
    .filter((path) => directories.some((directory) => path.startsWith(`${directory}/`)) || path === workdir)
    .map((path): Problem => ({ path: `permissions.filesystem.${path}`, message: "lies in a writable directory" }));
  if (problems.length === 0) return;
  throw new WorkspaceError("a writable path of `permissions` lies in a directory that is writable", {
    code: "SPEC_INVALID",
    remedy: "Leave the path out, or make the directory around it `read`. The project is `:workspace_roots`.",
    problems,
  });
}

/** The permission profile of a merged config.toml. A sandbox mode is of a profile of the spec, and replaces it. */
export function plannedPermissions(table: TomlTable): PlannedPermissions | undefined {
  const profile = valueOf(table, "default_permissions");
  if (typeof profile !== "string" || valueOf(table, "sandbox_mode") !== undefined) return undefined;
  const definitions = valueOf(table, "permissions");
  const definition = isTomlTable(definitions) ? valueOf(definitions, profile) : undefined;
  return { profile, ...(isTomlTable(definition) && { definition }) };
}

/**
 * Returns the sandbox mode that a profile amounts to: Codex holds `allowed_sandbox_modes` against it, and reports it
 * (observed on 0.140 to 0.171).
 */
export function equivalentSandbox({ profile, definition = {} }: PlannedPermissions): EquivalentSandbox {
  const written = writtenPaths({ profile, definition });
  const { network } = definition;
  const mode = written.length === 0 ? "read-only" : "workspace-write";
  return {
    sandboxMode: profile === ":danger-full-access" ? "danger-full-access" : mode,
    workspaceWrite: {
      writable_roots: written.filter((path) => path.startsWith("/")),
      network_access: isTomlTable(network) && network["enabled"] === true,
      exclude_tmpdir_env_var: !written.includes(":tmpdir"),
      exclude_slash_tmp: !written.includes(":slash_tmp"),
    },
  };
}

function writtenPaths({ profile, definition = {} }: PlannedPermissions): string[] {
  const { extends: base = profile, filesystem = {} } = definition;
  const inherited = typeof base === "string" ? builtIns[base] : undefined;
  const access = { ...inherited, ...(isTomlTable(filesystem) ? filesystem : {}) };
  return Object.keys(access).filter((path) => access[path] === "write");
}
