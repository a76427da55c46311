import { expect, test } from "vitest";
import { fullNetwork } from "../../test-support/gateway-plan.ts";
import { planEgress } from "../network/egress-plan.ts";
import type { NetworkSpec } from "../spec/workspace-spec.ts";
import { renderEgressProxy } from "./render-egress-proxy.ts";

test.each<[string, NetworkSpec]>([
  ["default", {}],
  ["closed", { allow: [] }],
  ["full", fullNetwork],
])("Squid's configuration of a network that is %s", async (name, network) => {
  const [conf] = renderEgressProxy(planEgress(network));
  expect(conf?.path).toBe("squid.conf");
  await expect(conf?.content).toMatchFileSnapshot(`__golden__/${name}.squid.conf`);
});
