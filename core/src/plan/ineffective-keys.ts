import { type ConfigLayer } from "../config/layers.ts";
import { valueOf } from "../config/toml-table.ts";
import { type Problem, WorkspaceError } from "../errors.ts";

/** Keys that Codex accepts in config.toml and that have no effect on a session of a workspace, each with the reason. */
const ineffectiveKeys: Readonly<Record<string, string>> = {
  // app-server ignores them, and `codex --profile` ends with an error (observed on 0.169).
  profiles: "Codex reads no profiles there; write the input `profiles`",
  // Every session passes a sandbox mode or a profile, which replaces these (observed on 0.140 to 0.171).
  default_permissions: "a session's sandbox mode replaces a permission profile; write the input `permissions`",
  permissions: "a session's sandbox mode replaces a permission profile; write the input `permissions`",
};

/** Keys that a permission profile replaces. */
const replacedKeys: Readonly<Record<string, string>> = {
  sandbox_mode: "the input `permissions` replaces it: write either of them",
  sandbox_workspace_write: "the input `permissions` replaces it: write either of them",
};

/**
 * Refuses settings that would be accepted and ignored. The layer `inputs` is ours.
 *
 * @throws WorkspaceError `SPEC_INVALID` naming every such setting, with its layer
 */
export function requireEffectiveKeys(
  layers: readonly ConfigLayer[],
  { hasPermissions }: { readonly hasPermissions: boolean },
): void {
  const refused = Object.entries({ ...ineffectiveKeys, ...(hasPermissions && replacedKeys) });
  const problems = layers
    .filter(({ name }) => name !== "inputs")
    .flatMap(({ name, table }) =>
      refused
        .filter(([key]) => valueOf(table, key) !== undefined)
        .map(([key, message]): Problem => ({ path: `${name}.${key}`, message })),
    );
  const [first] = problems;
  if (first === undefined) return;
  throw new WorkspaceError(
    problems.length === 1
      ? `${first.path}: ${first.message}`
      : `${problems.length} settings would have no effect on a session`,
    { code: "SPEC_INVALID", remedy: "Remove what the list names, and write the input instead.", problems },
  );
}
