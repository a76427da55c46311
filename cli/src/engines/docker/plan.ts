import { containerDemoModelUrl, type PlanOptions, planWorkspace, type WorkspacePlan } from "@codex-workspace/core";
import type { PlanRequest } from "../engine.ts";

/** The plan of a workspace in containers. DIR is what it works on, unless the spec names a project. */
export function planContainers({ directory, spec, useDemoModel, ...request }: PlanRequest): WorkspacePlan {
  const options: PlanOptions = {
    name: request.name,
    resolveSecret: request.resolveSecret,
    generatedToken: request.token,
    demoModelUrl: useDemoModel ? containerDemoModelUrl : undefined,
  };
  return planWorkspace({ ...spec, project: spec.project ?? { bind: directory } }, options);
}
