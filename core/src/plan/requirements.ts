import type { MergedLayers } from "../config/layers.ts";
import { renderKeyPath } from "../config/key-path.ts";
import { showValue } from "../config/shown-value.ts";
import { type TomlTable, valueOf } from "../config/toml-table.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import type { EnforceSpec } from "../spec/workspace-spec.ts";
import { equivalentSandbox, plannedPermissions } from "./permission-profile.ts";

interface Requirement {
  /** What requirements.toml calls it. */
  readonly requirement: string;
  /** The key of config.toml that it limits, and the input that sets that key, where there is one. */
  readonly setting: string;
  readonly input?: string;
  /** What Codex takes where nothing sets the key. */
  readonly codexDefault?: string;
}

const requirements: Readonly<Record<keyof EnforceSpec, Requirement>> = {
  sandboxModes: {
    requirement: "allowed_sandbox_modes",
    setting: "sandbox_mode",
    input: "sandboxMode",
    codexDefault: "workspace-write",
  },
  approvalPolicies: {
    requirement: "allowed_approval_policies",
    setting: "approval_policy",
    input: "approvalPolicy",
    codexDefault: "on-request",
  },
  approvalsReviewers: {
    requirement: "allowed_approvals_reviewers",
    setting: "approvals_reviewer",
    codexDefault: "user",
  },
};

/**
 * requirements.toml, when there is something to enforce. Codex would put aside a setting that is not allowed and go on
 * with another one; here it is refused before anybody meets that.
 *
 * @throws WorkspaceError `SPEC_INVALID` naming every setting that is not allowed, and what does not allow it
 */
export function planRequirements(enforce: EnforceSpec | undefined, merged: MergedLayers): TomlTable | undefined {
  if (enforce === undefined) return undefined;
  const table: TomlTable = {};
  const problems: Problem[] = [];
  for (const [name, { requirement, setting, input, codexDefault }] of Object.entries(requirements)) {
    const allowed: readonly string[] | undefined = enforce[name as keyof EnforceSpec];
    if (allowed === undefined) continue;
    table[requirement] = [...allowed];
    const permissions = setting === "sandbox_mode" ? plannedPermissions(merged.table) : undefined;
    const mode = permissions && equivalentSandbox(permissions).sandboxMode;
    const value = mode ?? valueOf(merged.table, setting) ?? codexDefault;
    if (typeof value === "string" && allowed.includes(value)) continue;
    const choice = allowed.map((one) => JSON.stringify(one)).join(", ");
    if (permissions !== undefined) {
      const message = `amounts to the sandbox mode ${JSON.stringify(mode)}, but enforce.${name} allows only ${choice}`;
      problems.push({ path: "permissions", message });
      continue;
    }
    const layer = merged.origins.get(renderKeyPath([setting]))?.layer ?? "defaults";
    const isDefault = layer === "defaults";
    const path = isDefault || layer === "inputs" ? (input ?? `extraSettings.${setting}`) : `${layer}.${setting}`;
    const is = value === undefined ? "not set" : showValue([setting], value);
    problems.push({
      path,
      message: `is ${is}${isDefault ? " where nothing sets it" : ""}, but enforce.${name} allows only ${choice}`,
    });
  }
  if (problems.length === 0) return table;
  const what = problems.length === 1 ? "a setting is" : `${problems.length} settings are`;
  throw new WorkspaceError(`${what} not among those that \`enforce\` allows`, {
    code: "SPEC_INVALID",
    remedy: "Choose one of those that are allowed, or allow it in `enforce`.",
    problems,
  });
}
