import { WorkspaceError } from "@codex-workspace/core";
import type { Engine, Service } from "./engines/engine.ts";
import type { WorkspaceRecord } from "./state.ts";

/**
 * The services that a workspace has, when the one that is wanted is among them.
 *
 * @throws WorkspaceError `NO_GATEWAY`, `WORKSPACE_NOT_RUNNING`
 */
export async function requireService(
  engine: Engine,
  record: WorkspaceRecord,
  wanted: Service,
): Promise<readonly Service[]> {
  const { name, directory } = record;
  const found = await engine.services(record);
  if (found.includes(wanted)) return found;
  if (engine.kind === "local") {
    throw new WorkspaceError(`workspace "${name}" has no ${wanted}: the local engine isolates nothing`, {
      code: "NO_GATEWAY",
      remedy: "Use --engine docker, where gateways carry what a workspace asks of the outside.",
    });
  }
  if (found.includes("workspace")) {
    throw new WorkspaceError(`workspace "${name}" has no ${wanted}: its network.mode is open`, {
      code: "NO_GATEWAY",
      remedy: 'Leave network.mode = "open" out of the spec, and apply it with `codex-workspace up`.',
    });
  }
  throw new WorkspaceError(`workspace "${name}" is down, and its logs went with its containers`, {
    code: "WORKSPACE_NOT_RUNNING",
    remedy: `Start it: codex-workspace up ${directory} --name ${name}`,
  });
}
