import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import type { TomlTable } from "../config/toml-table.ts";
import { localLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import { Secret } from "../secret.ts";
import type { WorkspacePlan } from "./workspace-plan.ts";

const gateways = { gateways: true };

const providerOf = ({ config }: WorkspacePlan): unknown => (config.table["model_providers"] as TomlTable)["workspace"];

test("without a word a workspace is restricted to what packages are installed from", () => {
  const { network, services, links, warnings } = planOf({}, gateways);
  expect(network).toMatchObject({
    mode: "restricted",
    ports: [],
    gateway: { publishedPorts: [{ port: 3284, connections: 1024 }] },
  });
  expect(new Set(network?.egress?.rules.map(({ name }) => name))).toEqual(
    new Set(["npm", "pypi", "debian", "crates", "go"].map((preset) => `preset:${preset}`)),
  );
  expect(services.map(({ name }) => name)).toEqual(["model-gateway", "egress-proxy", "workspace"]);
  expect(links).toEqual([
    { from: "workspace", to: "model-gateway" },
    { from: "model-gateway", to: "workspace" },
    { from: "workspace", to: "egress-proxy" },
  ]);
  expect(warnings).toEqual([]);
});

test("every process of a restricted workspace is told of the proxy, in either spelling, and of the certificates", () => {
  const toolsOf = (spec: object, options?: object): unknown => planOf(spec, options).environment.tools;
  const caCertificates = ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"];
  const proxy = "http://127.0.0.1:3286";
  const names = { http_proxy: proxy, HTTPS_PROXY: proxy, no_proxy: "localhost,127.0.0.1,::1", NODE_USE_ENV_PROXY: "1" };
  const bundle = "/run/codex-workspace-ca-certificates.pem";
  const restricted = toolsOf({ caCertificates }, gateways);
  expect(restricted).toMatchObject({ ...names, GIT_SSL_CAINFO: bundle, NODE_EXTRA_CA_CERTS: bundle });
  expect(Object.keys(toolsOf({ network: { mode: "open" }, caCertificates }, gateways) as object)).not.toContain(
    "HTTP_PROXY",
  );
  expect(toolsOf({ network: { mode: "open" } }, gateways)).toEqual({});
  expect(toolsOf({ caCertificates })).toEqual({});
});

test("a policy that keeps variables from commands leaves them those that lead outside", () => {
  const policyOf = (policy: object, more: object = {}): unknown =>
    planOf({ shellEnvironmentPolicy: policy, ...more }, gateways).config.table["shell_environment_policy"];
  const { tools } = planOf({}, gateways).environment;
  const exclude = ["CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"];
  expect(policyOf({ inherit: "all" })).toEqual({ inherit: "all", exclude });
  expect(policyOf({ inherit: "core" })).toEqual({ inherit: "core", exclude, set: tools });
  expect(policyOf({ inherit: "none", set: { HTTP_PROXY: "http://127.0.0.1:9" } })).toEqual({
    inherit: "none",
    exclude,
    set: { ...tools, HTTP_PROXY: "http://127.0.0.1:9" },
  });
  expect(policyOf({ includeOnly: ["PATH"] })).toEqual({ include_only: ["PATH", ...Object.keys(tools)], exclude });
  expect(policyOf({ inherit: "core" }, { network: { mode: "open" } })).toEqual({ inherit: "core", exclude });

  const profiles = { bare: { shell_environment_policy: { inherit: "none", include_only: ["A"] } } };
  const { session } = planOf({ profiles, profile: "bare", shellEnvironmentPolicy: { inherit: "core" } }, gateways);
  expect(session.config["shell_environment_policy"]).toEqual({
    inherit: "none",
    exclude,
    set: tools,
    include_only: ["A", ...Object.keys(tools)],
  });
});

test("an open network is a choice that the plan tells of, and the key stays in the gateway", () => {
  const { network, services, warnings } = planOf({ network: { mode: "open" } }, gateways);
  expect(network).toMatchObject({ egress: undefined, gateway: { model: { key: expect.any(Secret) as unknown } } });
  expect(services.map(({ name }) => name)).toEqual(["model-gateway", "workspace"]);
  expect(warnings).toEqual([expect.stringContaining("network.mode is open")]);
});

test("Codex asks a port of its own loopback address, and knows of no key", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1", apiKey: { env: "K" } };
  const plan = planOf({ modelProvider }, gateways);
  expect(providerOf(plan)).toMatchObject({ base_url: "http://127.0.0.1:3285/v1" });
  expect(providerOf(plan)).not.toHaveProperty("env_key");
  expect(plan.network?.gateway.model?.baseUrl).toBe(modelProvider.baseUrl);
  expect(providerOf(planOf({ modelProvider }))).toMatchObject({
    base_url: modelProvider.baseUrl,
    env_key: "CODEX_WORKSPACE_MODEL_KEY",
  });
});

test("header, organisation and certificates are the gateway's, the query is Codex's; without one all are Codex's", () => {
  const baseUrl = "https://example.openai.azure.com/openai";
  const [keyHeader, organization, queryParams] = ["api-key", "org-1", { "api-version": "preview" }] as const;
  const modelProvider = { baseUrl, apiKey: { env: "K" }, keyHeader, organization, queryParams };
  const caCertificates = ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"];
  const plan = planOf({ modelProvider, caCertificates }, gateways);
  expect(plan.network?.gateway).toMatchObject({ model: { baseUrl, keyHeader, organization }, caCertificates });
  expect(providerOf(plan)).toMatchObject({ query_params: queryParams });
  for (const key of ["env_key", "env_http_headers", "http_headers"]) expect(providerOf(plan)).not.toHaveProperty(key);

  const direct = providerOf(planOf({ modelProvider }));
  expect(direct).toMatchObject({
    query_params: queryParams,
    env_http_headers: { "api-key": "CODEX_WORKSPACE_MODEL_KEY" },
    http_headers: { "OpenAI-Organization": "org-1" },
  });
  expect(direct).not.toHaveProperty("env_key");
});

test("the gateway keeps the limits of requests, else the default ones; without it there are none", () => {
  const modelLimits = { requestsPerMinute: 60, concurrentRequests: 4 };
  const of = (spec: object, options = {}): unknown[] => {
    const plan = planOf(spec, options);
    const place = { directory: "/state", codexProgram: "/opt/codex" };
    return [plan.network?.gateway.model?.limits, renderFiles(plan, localLayout(plan, place)).wrapper.modelLimits];
  };
  expect(of({ modelLimits }, gateways)).toEqual([modelLimits, modelLimits]);
  const defaults = { requestsPerMinute: 600, concurrentRequests: 32 };
  expect(of({}, gateways)).toEqual([defaults, defaults]);
  expect(of({})).toEqual([undefined, {}]);
});

test("a header without a key to send in it is refused", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1", keyHeader: "api-key" };
  const problems = [{ path: "modelProvider.keyHeader", message: "means nothing without a key" }];
  expect(() => planOf({ modelProvider })).toThrow(expect.objectContaining({ code: "SPEC_INVALID", problems }) as Error);
});

test("the demo model is an upstream like any other, without a key", () => {
  const { network, links } = planOf({}, { ...gateways, demoModelUrl: "http://demo-model:8787/v1" });
  expect(network?.gateway.model).toMatchObject({ baseUrl: "http://demo-model:8787/v1", key: undefined });
  expect(links[0]).toEqual({ from: "model-gateway", to: "demo-model" });
});

test.each([
  [{ network: { ports: [3000, 3000] } }, "network.ports[1]", "3000 is there already"],
  [{ network: { ports: [8080, 4000] }, api: { port: 4000 } }, "network.ports[1]", "4000 is api.port"],
])("a port is published once: %j is refused", (spec, path, message) => {
  expect(() => planOf(spec, gateways)).toThrow(
    expect.objectContaining({ code: "SPEC_INVALID", problems: [{ path, message }] }) as Error,
  );
});

test("the gateways are built on what the workspace is built on, else on the default", () => {
  const httpProxy = "http://proxy.example.com:3128";
  const build = { baseImage: "debian:trixie-slim", httpProxy };
  expect(planOf({ image: { build } }, gateways).network?.image).toMatchObject(build);
  const prebuilt = `codex@sha256:${"0".repeat(64)}`;
  expect(planOf({ image: { prebuilt } }, gateways).network?.image.baseImage).toBe("debian:bookworm-slim");
  const gatewayBaseImage = "registry.example.com/debian:12";
  for (const image of [
    { build, gatewayBaseImage },
    { prebuilt, gatewayBaseImage },
  ]) {
    expect(planOf({ image }, gateways).network?.image.baseImage).toBe(gatewayBaseImage);
  }
});

test("a model or an MCP server that the gateways cannot reach is warned of", () => {
  const local = { baseUrl: "http://localhost:11434/v1" };
  expect(planOf({ modelProvider: local }, gateways).warnings).toEqual([expect.stringContaining(local.baseUrl)]);
  const mcpServers = {
    here: { url: "http://127.0.0.1:8000/mcp" },
    off: { url: "https://off.example.com/mcp", enabled: false },
    program: { command: "server" },
    wiki: { url: "https://wiki.example.com/mcp" },
    deep: { url: "http://a.b.example.org:8080/mcp" },
  };
  expect(planOf({ mcpServers }, gateways).warnings).toEqual([
    "The MCP server wiki is at wiki.example.com:443, which `network` does not allow.",
    "The MCP server deep is at a.b.example.org:8080, which `network` does not allow.",
  ]);
  const allow = ["wiki.example.com", "*.example.org:8080"];
  expect(planOf({ mcpServers, network: { allow } }, gateways).warnings).toEqual([]);
  expect(planOf({ mcpServers, modelProvider: local }).warnings).toEqual([]);
});

test("warns that published ports have no token", () => {
  const { warnings } = planOf({ network: { ports: [3000, 5173] } }, gateways);
  expect(warnings).toEqual([
    "network.ports publishes 127.0.0.1:3000, 127.0.0.1:5173 without a token: every program of this machine reaches it.",
  ]);
});
