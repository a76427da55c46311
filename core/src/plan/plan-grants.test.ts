import { expect, test } from "vitest";
import { planOf, secretValues } from "../../test-support/plan-of.ts";
import type { ResolvedGrant } from "../grant.ts";
import { Secret } from "../secret.ts";
import type { WorkspacePlan } from "./workspace-plan.ts";

const grantFor = (name: string, host: string): ResolvedGrant => ({
  name,
  host,
  secret: new Secret(secretValues.grant),
});
const openai = grantFor("openai", "api.openai.com");

const keyOf = ({ model }: WorkspacePlan): string | undefined =>
  model.kind === "provider" ? model.key?.reveal() : undefined;

const refusal = (...problems: readonly [path: string, message: string][]): Error =>
  expect.objectContaining({
    code: "SPEC_INVALID",
    problems: problems.map(([path, message]) => ({ path, message })),
  }) as Error;

test("the grant openai is the key of the model provider: in the gateway, or of Codex where there is none", () => {
  const { network } = planOf({ grants: ["openai"] }, { gateways: true });
  expect(network?.gateway.model?.key?.reveal()).toBe(secretValues.grant);
  expect(keyOf(planOf({ grants: ["openai"] }))).toBe(secretValues.grant);

  const modelProvider = { baseUrl: "https://models.example.com:8443/v1" };
  const grants = [grantFor("openai", "models.example.com:8443")];
  expect(keyOf(planOf({ grants: ["openai"], modelProvider }, { grants }))).toBe(secretValues.grant);
});

test("it is sent to no other host, and no other key beside it", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1" };
  const elsewhere = "is for api.openai.com, and the model provider is at models.example.com";
  expect(() => planOf({ grants: ["openai"], modelProvider }, { grants: [openai] })).toThrow(
    refusal(["grants[0]", elsewhere]),
  );
  const apiKey = { env: "MODELS_KEY" };
  expect(() => planOf({ grants: ["openai"], modelProvider: { ...modelProvider, apiKey } })).toThrow(
    refusal(["modelProvider.apiKey", "means nothing beside the grant `openai`, which is the key"]),
  );
});

test("a grant that the spec does not name is not used", () => {
  expect(keyOf(planOf({}, { grants: [openai] }))).toBe(secretValues.env);
});

test("the token of an MCP server is the gateway's, and Codex asks that without one", () => {
  const mcpServers = {
    wiki: { url: "https://wiki.example.com:8443/mcp?team=a", grant: "wiki", enabledTools: ["find"] },
  };
  const { config, network, warnings } = planOf({ grants: ["wiki"], mcpServers }, { gateways: true });
  expect(config.table["mcp_servers"]).toEqual({
    wiki: { url: "http://127.0.0.1:3285/mcp/wiki", enabled_tools: ["find"] },
  });
  const [route, ...others] = network?.gateway.mcpServers ?? [];
  expect([route?.name, route?.url, route?.token.reveal(), others]).toEqual([
    "wiki",
    mcpServers.wiki.url,
    secretValues.grant,
    [],
  ]);
  expect(warnings).toEqual([]);
});

test.each([
  [["wiki"], "https://other.example.com/mcp", "is for wiki.example.com, and the server is at other.example.com"],
  [["wiki"], "http://wiki.example.com/mcp", "expected an https URL beside it: a grant is not sent in clear"],
  [[], "https://wiki.example.com/mcp", 'expected one of `grants`, got "wiki"'],
])("with %j the server at %s is refused: %s", (grants, url, message) => {
  const options = { gateways: true, grants: [grantFor("wiki", "wiki.example.com")] };
  const spec = { grants, mcpServers: { docs: { url, grant: "wiki" } } };
  expect(() => planOf(spec, options)).toThrow(refusal(["mcpServers.docs.grant", message]));
});

test("a key of another kind is no token of an MCP server", () => {
  const mcpServers = { docs: { url: "https://api.openai.com/mcp", grant: "openai" } };
  expect(() => planOf({ grants: ["openai"], mcpServers }, { gateways: true, grants: [openai] })).toThrow(
    refusal(["mcpServers.docs.grant", "expected a bearer token for one host, which openai is not"]),
  );
});

test("a bearer token that no MCP server names is for all of its host, at an address that programs are told", () => {
  const mcpServers = { docs: { url: "https://docs.example.com/mcp", grant: "docs" } };
  const { network, environment } = planOf({ grants: ["docs", "npm.internal"], mcpServers }, { gateways: true });
  const routes = network?.gateway.grants.map(({ name, host, token }) => [name, host, token.reveal()]);
  expect(routes).toEqual([["npm.internal", "npm.internal.example.com", secretValues.grant]]);
  expect(environment.tools).toMatchObject({ GRANTS_URL: "http://127.0.0.1:3285/grants" });
  const without = planOf({ grants: ["docs"], mcpServers }, { gateways: true });
  expect(without.network?.gateway.grants).toEqual([]);
  expect(without.environment.tools).not.toHaveProperty("GRANTS_URL");
});

test("a token of GitHub reads by default, and does what the spec says it may", () => {
  const { network, environment } = planOf({ grants: ["github"] }, { gateways: true });
  const { github } = network!.gateway;
  expect(github).toMatchObject({ gitUrl: "https://github.com", apiUrl: "https://api.github.com" });
  expect(github?.token.reveal()).toBe(secretValues.grant);
  expect(github?.rules).toEqual([{ access: "read", owner: "*", repository: "*" }]);
  expect(environment.tools).toMatchObject({ GITHUB_API_URL: "http://127.0.0.1:3285/github/api" });

  const spec = { grants: ["github"], github: { allow: ["write:octocat/*", "read:other/hello"] } };
  const grants = [grantFor("github", "ghe.example.com:8443")];
  expect(planOf(spec, { gateways: true, grants }).network?.gateway.github).toMatchObject({
    gitUrl: "https://ghe.example.com:8443",
    apiUrl: "https://ghe.example.com:8443/api/v3",
    rules: [
      { access: "write", owner: "octocat", repository: "*" },
      { access: "read", owner: "other", repository: "hello" },
    ],
  });
});

test.each([
  [["read:*", "push:octocat/hello"], undefined],
  [["write:octocat/hello"], /^github\.allow has write:octocat\/hello: .*push:octocat\/hello allows pull requests/],
  [["write:*", "write:acme/*"], /has write:\*, write:acme\/\*: .*push:\*, push:acme\/\* allows/],
])("rules %j of GitHub are warned of: %s", (allow, warning) => {
  const { warnings } = planOf({ grants: ["github"], github: { allow } }, { gateways: true });
  expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
});

test("what a token of GitHub may do means nothing without one", () => {
  expect(() => planOf({ github: { allow: ["read:*"] } }, { gateways: true })).toThrow(
    refusal(["github", "means nothing where `github` is not among `grants`"]),
  );
});

test("without a gateway nothing but the model key can be granted", () => {
  const mcpServers = { docs: { url: "https://docs.example.com/mcp", grant: "docs" } };
  expect(() => planOf({ grants: ["openai", "docs"], mcpServers })).toThrow(
    refusal(["grants[1]", "needs a gateway that adds it, and there is none here"]),
  );
});

test("all grants without a secret are named at once", () => {
  expect(() => planOf({ grants: ["wiki", "openai", "other"] }, { grants: [openai] })).toThrow(
    expect.objectContaining({
      code: "GRANT_NOT_FOUND",
      message: 'there is no secret of grant "wiki", grant "other"',
      problems: [
        { path: "grants[0]", message: "has no secret" },
        { path: "grants[2]", message: "has no secret" },
      ],
    }) as Error,
  );
});
