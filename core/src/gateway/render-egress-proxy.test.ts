import { expect, test } from "vitest";
import { fullNetwork, fullUpstreamProxy } from "../../test-support/gateway-plan.ts";
import { planEgress } from "../network/egress-plan.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import type { Secret } from "../secret.ts";
import type { NetworkSpec } from "../spec/workspace-spec.ts";
import { renderEgressProxy } from "./render-egress-proxy.ts";

test.each<[string, NetworkSpec, UpstreamProxy?]>([
  ["default", {}],
  ["closed", { allow: [] }],
  ["full", fullNetwork, fullUpstreamProxy],
])("Squid's configuration of a network that is %s", async (name, network, upstreamProxy) => {
  const [conf] = renderEgressProxy(planEgress(network), upstreamProxy);
  expect(conf?.path).toBe("squid.conf");
  await expect(conf?.content).toMatchFileSnapshot(`__golden__/${name}.squid.conf`);
});

test("the credentials of the proxy that leads outside are in a file of their own, as Squid reads them", () => {
  const [conf, peer, ...others] = renderEgressProxy(planEgress({}), fullUpstreamProxy);
  expect(conf?.content).toContain(`include /etc/gateway/${peer?.path ?? ""}\n`);
  expect((peer?.content as Secret).reveal()).toBe(
    "cache_peer proxy.example.com parent 3128 0 no-query no-digest default login=me%40example:p:a%25%20s\n",
  );
  expect(others).toEqual([]);
  const [, withoutCredentials] = renderEgressProxy(planEgress({}), { ...fullUpstreamProxy, credentials: undefined });
  expect((withoutCredentials?.content as Secret).reveal()).not.toContain("login");
});
