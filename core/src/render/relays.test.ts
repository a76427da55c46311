import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { relaysOf } from "./relays.ts";

const networkOf = (spec: unknown) => planOf(spec, { gateways: true }).network;

test("a restricted workspace has ways to both gateways, and one in for each port that is published", () => {
  expect(relaysOf(networkOf({ network: { ports: [3000] } }))).toEqual([
    { from: { port: 3285 }, to: { socket: "/run/codex-workspace/model-gateway/http.sock" } },
    { from: { port: 3286 }, to: { socket: "/run/codex-workspace/egress-proxy/proxy.sock" } },
    { from: { socket: "/run/codex-workspace/workspace/3000.sock" }, to: { port: 3000 } },
  ]);
});

test("an open workspace has no way to a proxy", () => {
  expect(relaysOf(networkOf({ network: { mode: "open" } })).map(({ from }) => from)).toEqual([{ port: 3285 }]);
});

test("without gateways there is nothing to relay", () => {
  expect(relaysOf(planOf({}).network)).toEqual([]);
});
