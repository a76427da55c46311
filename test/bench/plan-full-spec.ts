import {
  containerLayout,
  parseSpec,
  planWorkspace,
  renderFiles,
  Secret,
  toWorkspaceRequests,
} from "@codex-workspace/core";
import { fullSpec } from "../../core/test-support/plan-of.ts";

/** A spec that has every input, from the object to the files and the requests that an engine gets. */
export function planAndRender(): void {
  const plan = planWorkspace(parseSpec(fullSpec), {
    name: "bench",
    resolveSecret: ({ ...reference }) => new Secret(`value-of-${Object.values(reference).join()}`),
    generatedToken: new Secret("token"),
    gateways: true,
  });
  const rendered = renderFiles(plan, containerLayout(plan));
  toWorkspaceRequests(plan, {
    image: "codex-workspace",
    gatewayImage: "codex-workspace-gateway",
    rendered,
    seccomp: "{}",
  });
}
