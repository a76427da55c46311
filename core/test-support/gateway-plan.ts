import type { GatewayPlan } from "../src/gateway/gateway-plan.ts";
import type { UpstreamProxy } from "../src/network/upstream-proxy.ts";
import { Secret } from "../src/secret.ts";
import type { NetworkSpec } from "../src/spec/workspace-spec.ts";

/** A gateway with every kind of route, none of them at its default. */
export const fullGatewayPlan: GatewayPlan = {
  model: {
    baseUrl: "https://models.example.com:8443/openai/v1/",
    key: new Secret("sk-canary"),
    keyHeader: "api-key",
    organization: "org-1",
    limits: { requestsPerMinute: 120, concurrentRequests: 8 },
  },
  github: {
    gitUrl: "https://github.com",
    apiUrl: "https://ghe.example.com/api/v3",
    token: new Secret("ghp_canary"),
    rules: [
      { access: "read", owner: "*", repository: "*" },
      { access: "read", owner: "octocat", repository: "*" },
      { access: "write", owner: "octocat", repository: "hello.world" },
    ],
  },
  mcpServers: [{ name: "wiki", url: "https://wiki.example.com/mcp?team=a", token: new Secret("wiki-canary") }],
  grants: [{ name: "npm.internal", host: "npm.example.com:8443", token: new Secret("npm-canary") }],
  publishedPorts: [
    { port: 3284, connections: 1024 },
    { port: 3000, connections: 192 },
  ],
  caCertificates: ["-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"],
};

/** A company's proxy that asks who one is. */
export const fullUpstreamProxy: UpstreamProxy = {
  host: "proxy.example.com",
  port: 3128,
  credentials: new Secret("me@example:p:a% s"),
};

/** A network with every kind of rule. */
export const fullNetwork: NetworkSpec = {
  allow: ["example.com", "*.example.com:8443", "10.1.2.3:5432", "[2001:db8::1]"],
  presets: ["pypi"],
};

export const minimalGatewayPlan: GatewayPlan = {
  model: {
    baseUrl: "https://api.openai.com/v1",
    key: new Secret("sk-canary"),
    keyHeader: "Authorization",
    organization: undefined,
    limits: { requestsPerMinute: 60, concurrentRequests: 4 },
  },
  github: undefined,
  mcpServers: [],
  grants: [],
  publishedPorts: [],
  caCertificates: [],
};
