import { planWorkspace, Secret, WorkspaceError } from "@codex-workspace/core";
import { unreadGrants } from "./grants/unread-grants.ts";
import { unreadSecret } from "./unread-secret.ts";
import type { WorkspaceInputs } from "./workspace-inputs.ts";

/**
 * Refuses a workspace whose agent would run commands outside Codex's sandbox, or without ever asking: by what the merged
 * configuration says, extraSettings included.
 *
 * @throws WorkspaceError `SPEC_INVALID`
 */
export function requireNoYolo({ name, spec }: Pick<WorkspaceInputs, "name" | "spec">): void {
  const unread = { resolveSecret: unreadSecret, generatedToken: new Secret("unread"), grants: unreadGrants(spec) };
  const { session } = planWorkspace(spec, { name, ...unread, gateways: true });
  const problems = [
    ...(session.sandboxMode === "danger-full-access"
      ? [{ path: "sandbox_mode", message: "is danger-full-access: commands run outside Codex's sandbox" }]
      : []),
    ...(session.approvalPolicy === "never" ? [{ path: "approval_policy", message: "is never: nobody is asked" }] : []),
  ];
  if (problems.length === 0) return;
  throw new WorkspaceError("--noyolo refuses this configuration", {
    code: "SPEC_INVALID",
    remedy: "Change the spec (`codex-workspace config explain` says where a key comes from), or leave --noyolo out.",
    problems,
  });
}
