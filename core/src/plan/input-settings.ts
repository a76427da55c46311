import type { ConfigLayer } from "../config/layers.ts";
import { toTomlTable } from "../config/toml-table.ts";
import type { AgentsSpec, ApprovalPolicy, ShellEnvironmentPolicySpec, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { permissionSettings } from "./permission-profile.ts";

/** The typed inputs as Codex's keys; what a spec leaves out is left out. */
export function inputSettings(spec: WorkspaceSpec): ConfigLayer {
  const name = "inputs";
  const table = {
    sandbox_mode: spec.fullAuto === true ? "workspace-write" : spec.sandboxMode,
    ...(spec.permissions !== undefined && permissionSettings(spec.permissions)),
    approval_policy: spec.fullAuto === true ? "on-request" : approvalPolicy(spec.approvalPolicy),
    model: spec.model,
    review_model: spec.reviewModel,
    model_reasoning_effort: spec.modelReasoningEffort,
    service_tier: spec.serviceTier,
    personality: spec.personality,
    model_context_window: spec.modelContextWindow,
    model_auto_compact_token_limit: spec.modelAutoCompactTokenLimit,
    model_auto_compact_token_limit_scope: spec.modelAutoCompactTokenLimitScope,
    tool_output_token_limit: spec.toolOutputTokenLimit,
    notify: spec.notify,
    sandbox_workspace_write: unlessEmpty({ network_access: spec.networkAccess, writable_roots: spec.writableRoots }),
    shell_environment_policy: spec.shellEnvironmentPolicy && shellEnvironmentPolicy(spec.shellEnvironmentPolicy),
    agents: spec.agents && agents(spec.agents),
    features: spec.features,
  };
  return { name, table: toTomlTable(table, { layer: name }) };
}

function approvalPolicy(policy: ApprovalPolicy | undefined): unknown {
  if (typeof policy !== "object") return policy;
  const { sandboxApproval, rules, mcpElicitations, requestPermissions, skillApproval } = policy.granular;
  return {
    granular: {
      sandbox_approval: sandboxApproval,
      rules,
      mcp_elicitations: mcpElicitations,
      request_permissions: requestPermissions,
      skill_approval: skillApproval,
    },
  };
}

function shellEnvironmentPolicy(policy: ShellEnvironmentPolicySpec): object | undefined {
  return unlessEmpty({
    inherit: policy.inherit,
    ignore_default_excludes: policy.ignoreDefaultExcludes,
    exclude: policy.exclude,
    set: policy.set,
    include_only: policy.includeOnly,
  });
}

function agents({ maxThreads, maxDepth, jobMaxRuntimeSeconds }: AgentsSpec): object | undefined {
  return unlessEmpty({
    max_threads: maxThreads,
    max_depth: maxDepth,
    job_max_runtime_seconds: jobMaxRuntimeSeconds,
  });
}

/** No empty table in a file where nothing was said. */
function unlessEmpty(table: Readonly<Record<string, unknown>>): object | undefined {
  return Object.values(table).some((value) => value !== undefined) ? table : undefined;
}
