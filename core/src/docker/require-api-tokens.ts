import { WorkspaceError } from "../errors.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";

/**
 * In a container everybody who reaches the loopback address includes the agent's own commands, which would approve and
 * prompt as a person does.
 *
 * @throws WorkspaceError `SPEC_INVALID` where the API would need no token
 */
export function requireApiTokens({ api: { auth } }: WorkspacePlan): void {
  if (auth === "token") return;
  throw new WorkspaceError("a workspace in a container needs tokens: its loopback address is the agent's own", {
    code: "SPEC_INVALID",
    remedy: "Leave `api.auth` out, or use the local engine.",
    problems: [{ path: "api.auth", message: "`none` is for the local engine alone" }],
  });
}
