import type { PlannedLink, PlannedModel, PlannedNetwork, PlannedService, ServiceName } from "./workspace-plan.ts";

/** The programs of a workspace, those before that others reach; and who reaches whom. */
export function planServices(
  { kind }: PlannedModel,
  network: PlannedNetwork | undefined,
): { readonly services: readonly PlannedService[]; readonly links: readonly PlannedLink[] } {
  const demo = kind === "demo";
  const links: [from: ServiceName, to: ServiceName][] = [];
  if (demo) links.push([network === undefined ? "workspace" : "model-gateway", "demo-model"]);
  // The gateway publishes the workspace's ports, and is asked by it.
  if (network !== undefined) links.push(["workspace", "model-gateway"], ["model-gateway", "workspace"]);
  if (network?.egress !== undefined) links.push(["workspace", "egress-proxy"]);
  return {
    services: [
      ...(demo ? [{ name: "demo-model", program: "scripted-model" } as const] : []),
      ...(network === undefined ? [] : [{ name: "model-gateway", program: "nginx" } as const]),
      ...(network?.egress === undefined ? [] : [{ name: "egress-proxy", program: "squid" } as const]),
      { name: "workspace", program: "agent-wrapper" },
    ],
    links: links.map(([from, to]) => ({ from, to })),
  };
}
