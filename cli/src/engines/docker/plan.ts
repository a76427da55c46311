import {
  containerDemoModelUrl,
  type PlanOptions,
  planWorkspace,
  requireApiTokens,
  type WorkspacePlan,
} from "@codex-workspace/core";
import type { PlanRequest } from "../engine.ts";

/** The plan of a workspace in containers. DIR is what it works on, unless the spec names a project. */
export function planContainers({ directory, spec, useDemoModel, ...request }: PlanRequest): WorkspacePlan {
  const options: PlanOptions = {
    name: request.name,
    resolveSecret: request.resolveSecret,
    generatedToken: request.token,
    grants: request.grants,
    demoModelUrl: useDemoModel ? containerDemoModelUrl : undefined,
    gateways: true,
  };
  const plan = planWorkspace({ ...spec, project: spec.project ?? { bind: directory } }, options);
  requireApiTokens(plan);
  return plan;
}
