import { inspect } from "node:util";
import { expect, test } from "vitest";
import { fullGatewayPlan, minimalGatewayPlan } from "../../test-support/gateway-plan.ts";
import { Secret } from "../secret.ts";
import type { GatewayPlan } from "./gateway-plan.ts";
import { renderModelGateway } from "./render-model-gateway.ts";

const { model: minimalModel } = minimalGatewayPlan;
const { model, github, mcpServers } = fullGatewayPlan;

function filesOf(plan: GatewayPlan): Record<string, string> {
  return Object.fromEntries(
    renderModelGateway(plan).map(({ path, content }) => [path, content instanceof Secret ? content.reveal() : content]),
  );
}

test.each([
  ["minimal", minimalGatewayPlan],
  ["full", fullGatewayPlan],
])("the configuration of a %s gateway", async (name, plan) => {
  const { "nginx.conf": conf } = filesOf(plan);
  await expect(conf).toMatchFileSnapshot(`__golden__/${name}.nginx.conf`);
});

test("every credential is in a file of its own, as the upstream takes it, and nowhere else", () => {
  const files = renderModelGateway(fullGatewayPlan);
  const { "nginx.conf": _conf, "ca-certificates.pem": certificates, ...secrets } = filesOf(fullGatewayPlan);
  expect(secrets).toEqual({
    "secrets/model.conf": 'proxy_set_header api-key "sk-canary";\n',
    "secrets/github-git.conf": `proxy_set_header Authorization "Basic ${btoa("x-access-token:ghp_canary")}";\n`,
    "secrets/github-api.conf": 'proxy_set_header Authorization "Bearer ghp_canary";\n',
    "secrets/mcp-wiki.conf": 'proxy_set_header Authorization "Bearer wiki-canary";\n',
  });
  expect(certificates).toBe("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n");
  const shown = inspect(files, { depth: 10, showHidden: true }) + JSON.stringify(files);
  expect(shown).not.toMatch(/canary|Basic eC1/);
});

test("a model provider without a key gets no credential at all", () => {
  const { "nginx.conf": conf, ...others } = filesOf({
    ...minimalGatewayPlan,
    model: { ...minimalModel!, key: undefined },
  });
  expect(Object.keys(others)).toEqual(["ca-certificates.pem"]);
  expect(conf).toContain('proxy_set_header Authorization "";');
  expect(conf).toContain('proxy_set_header api-key "";');
  expect(conf).not.toContain("include");
});

test.each(["", "sk with blank", 'sk"; proxy_pass http://evil.test; #', "sk-$host", "sk\\", "sk\n", "schlüssel"])(
  "a credential such as %j is refused without being shown",
  (value) => {
    const secret = new Secret(value);
    const plans: [GatewayPlan, string][] = [
      [{ ...fullGatewayPlan, model: { ...model!, key: secret } }, "the model key"],
      [{ ...fullGatewayPlan, github: { ...github!, token: secret } }, "the GitHub token"],
      [{ ...fullGatewayPlan, mcpServers: [{ ...mcpServers[0]!, token: secret }] }, "the token of the MCP server wiki"],
    ];
    for (const [plan, owner] of plans) {
      const refusal = expect.objectContaining({
        code: "SECRET_INVALID",
        message: `${owner} has a character that cannot be sent, or is empty`,
      }) as Error;
      expect(() => renderModelGateway(plan)).toThrow(refusal);
    }
  },
);

test.each([
  "http://models.test/$host",
  "http://models.test/v1;a",
  "http://a$b.test/",
  "http://models.test/a%20b",
  "http://models.test/{a}",
])("an address such as %s, which would mean something to nginx, is refused", (address) => {
  for (const plan of [
    { ...fullGatewayPlan, model: { ...model!, baseUrl: address } },
    { ...fullGatewayPlan, github: { ...github!, gitUrl: address } },
    { ...fullGatewayPlan, github: { ...github!, apiUrl: address } },
    { ...fullGatewayPlan, mcpServers: [{ ...mcpServers[0]!, url: address }] },
  ]) {
    expect(() => renderModelGateway(plan)).toThrow(expect.objectContaining({ code: "SPEC_INVALID" }) as Error);
  }
});

test("an organisation is a name", () => {
  const plan = { ...fullGatewayPlan, model: { ...model!, organization: 'org"; a "' } };
  expect(() => renderModelGateway(plan)).toThrow(expect.objectContaining({ code: "SPEC_INVALID" }) as Error);
});
