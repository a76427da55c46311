import {
  planWorkspace,
  type Problem,
  WorkspaceError,
  type WorkspacePlan,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import type { PlanRequest } from "../engine.ts";

/**
 * The plan of a workspace of processes, which works in DIR itself.
 *
 * @throws WorkspaceError `SPEC_INVALID` for inputs that are about containers
 */
export function planProcesses(
  { directory, spec, acceptNoIsolation, ...request }: Omit<PlanRequest, "useDemoModel">,
  demoModelUrl: string | undefined,
): WorkspacePlan {
  requireApplicable(spec, { acceptNoIsolation });
  return planWorkspace(
    { ...spec, workdir: directory },
    {
      name: request.name,
      resolveSecret: request.resolveSecret,
      generatedToken: request.token,
      grants: request.grants,
      demoModelUrl,
    },
  );
}

/** Inputs that have no meaning here are refused by name: accepted and without effect, they would mislead. */
export function requireApplicable(
  spec: WorkspaceSpec,
  { acceptNoIsolation }: Pick<PlanRequest, "acceptNoIsolation">,
): void {
  const aboutContainers = "is about a container; the local engine works in DIR itself";
  const foreign = Object.entries({
    workdir: aboutContainers,
    project: aboutContainers,
    image: aboutContainers,
    resources: aboutContainers,
    labels: aboutContainers,
    enforce: "is a file of the whole host, which the local engine leaves as it is",
  }).filter(([key]) => spec[key as keyof WorkspaceSpec] !== undefined);
  for (const limit of ["requestsPerMinute", "concurrentRequests"] as const) {
    if (spec.modelLimits?.[limit] !== undefined)
      foreign.push([`modelLimits.${limit}`, "is kept by the model gateway, which the local engine does not have"]);
  }
  const unkept = acceptNoIsolation ? [] : notKept(spec);
  const problems = [...foreign.map(([path, message]) => ({ path, message })), ...unkept];
  if (problems.length === 0) return;
  const kept = unkept.map(({ path }) => `\`${path}\``).join(" and ");
  throw new WorkspaceError("the spec has inputs that the local engine cannot act on", {
    code: "SPEC_INVALID",
    remedy: `Remove them, or use --engine docker.${kept === "" ? "" : ` --accept-no-isolation starts it with ${kept} not kept.`}`,
    problems,
  });
}

/** Returns the inputs that an engine without isolation does not keep. */
export function notKept({ network, grants = [] }: WorkspaceSpec): Problem[] {
  const problems: Problem[] = [];
  if (network !== undefined && network.mode !== "open") {
    const message = "cannot be kept: the local engine separates nothing from this machine's network";
    problems.push({ path: "network", message });
  }
  if (grants.length > 0) {
    const message = "cannot be kept from the agent: the local engine has no gateway";
    problems.push({ path: "grants", message });
  }
  return problems;
}
