import { expect, test } from "vitest";
import { planEgress } from "../network/egress-plan.ts";
import type { NetworkSpec } from "../spec/workspace-spec.ts";
import { renderEgressProxy } from "./render-egress-proxy.ts";

const full: NetworkSpec = {
  allow: ["example.com", "*.example.com:8443", "10.1.2.3:5432", "[2001:db8::1]"],
  presets: ["pypi"],
  upstreamProxy: "http://proxy.example.com:3128",
};

test.each<[string, NetworkSpec]>([
  ["default", {}],
  ["closed", { allow: [] }],
  ["full", full],
])("Squid's configuration of a network that is %s", async (name, network) => {
  const [conf] = renderEgressProxy(planEgress(network));
  expect(conf?.path).toBe("squid.conf");
  await expect(conf?.content).toMatchFileSnapshot(`__golden__/${name}.squid.conf`);
});
