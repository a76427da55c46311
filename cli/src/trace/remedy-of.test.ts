import { expect, test } from "vitest";
import type { TracedRequest } from "./read-trace.ts";
import { remedyOf } from "./remedy-of.ts";

const denied: TracedRequest = {
  gateway: "egress-proxy",
  time: 0,
  host: "a.test",
  port: 443,
  method: "CONNECT",
  decision: "denied",
  rule: "none",
  sentBytes: 0,
  receivedBytes: 0,
  seconds: 0,
};

test.each<[string, Partial<TracedRequest>, string | undefined]>([
  ["a host", {}, 'add "a.test" to network.allow'],
  ["a host over http", { port: 80 }, 'add "a.test" to network.allow'],
  ["another port", { port: 8443 }, 'add "a.test:8443" to network.allow'],
  ["an address", { host: "[2001:db8::1]", port: 80 }, 'add "[2001:db8::1]" to network.allow'],
  ["a private address", { rule: "private-address" }, 'add the address of "a.test" to network.allow too'],
  ["another protocol", { rule: "protocol" }, "use an http or https URL, the egress proxy carries no other"],
  ["a host that no pattern can name", { host: "2130706433" }, undefined],
  ["too much of the model", { gateway: "model-gateway", rule: "limit" }, "wait, or raise modelLimits"],
  ["what the model gateway carries not", { gateway: "model-gateway" }, undefined],
  [
    "a name that does not resolve",
    { decision: "failed", failure: "name-not-found", rule: "allow:a.test" },
    "check the host's name and the DNS of the Docker host",
  ],
  [
    "a model provider that is not reached",
    { gateway: "model-gateway", decision: "failed", failure: "unreachable", rule: "model" },
    "check the host, its URL and its certificate; codex-workspace logs model-gateway has the cause",
  ],
  ["nothing that was denied", { decision: "allowed", rule: "preset:npm" }, undefined],
])("for %s", (_, request, remedy) => {
  expect(remedyOf({ ...denied, ...request })).toEqual(remedy);
});
