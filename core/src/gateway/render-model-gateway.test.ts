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

test("every credential is in one file, as its upstream takes it, and nowhere else", () => {
  const files = renderModelGateway(fullGatewayPlan);
  const {
    "nginx.conf": conf = "",
    "ca-certificates.pem": certificates,
    "credentials.conf": credentials = "",
    ...others
  } = filesOf(fullGatewayPlan);
  expect(others).toEqual({});
  const values = [...credentials.matchAll(/^map "" (\$\w+) \{ default "(.*)"; \}\n/gm)].map(([, name = "", value]) => {
    const [, header] = new RegExp(`proxy_set_header (\\S+) \\${name};`).exec(conf) ?? [];
    return `${header}: ${value}`;
  });
  expect(values).toEqual([
    "api-key: sk-canary",
    `Authorization: Basic ${btoa("x-access-token:ghp_canary")}`,
    "Authorization: Bearer ghp_canary",
    "Authorization: Bearer wiki-canary",
  ]);
  expect(certificates).toBe("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n");
  const shown = inspect(files, { depth: 10, showHidden: true }) + JSON.stringify(files);
  expect(shown).not.toMatch(/canary|Basic eC1/);
});

test("a model provider without a key gets no credential at all", () => {
  const { "nginx.conf": conf, "credentials.conf": credentials } = filesOf({
    ...minimalGatewayPlan,
    model: { ...minimalModel!, key: undefined },
  });
  expect(credentials).toBe("");
  expect(conf).toContain('proxy_set_header Authorization "";');
  expect(conf).toContain('proxy_set_header api-key "";');
  expect(conf).not.toContain("$credential_");
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
