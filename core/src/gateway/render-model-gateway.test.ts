import { inspect } from "node:util";
import { expect, test } from "vitest";
import { fullGatewayPlan, fullUpstreamProxy, minimalGatewayPlan } from "../../test-support/gateway-plan.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import { Secret } from "../secret.ts";
import type { GatewayPlan } from "./gateway-plan.ts";
import { renderModelGateway } from "./render-model-gateway.ts";

const { model: minimalModel } = minimalGatewayPlan;
const { model, github, mcpServers, grants } = fullGatewayPlan;

function filesOf(plan: GatewayPlan, upstreamProxy?: UpstreamProxy): Record<string, string> {
  return Object.fromEntries(
    renderModelGateway(plan, upstreamProxy).map(({ path, content }) => [
      path,
      content instanceof Secret ? content.reveal() : content,
    ]),
  );
}

test.each([
  ["minimal", minimalGatewayPlan],
  ["full", fullGatewayPlan],
])("the configuration of a %s gateway", async (name, plan) => {
  const { "nginx.conf": conf, "published.conf": published } = filesOf(plan);
  await expect(conf).toMatchFileSnapshot(`__golden__/${name}.nginx.conf`);
  await expect(published).toMatchFileSnapshot(`__golden__/${name}.published.conf`);
});

test("the model key is in a file of its own as it is, every other credential in one as its upstream takes it", () => {
  const files = renderModelGateway(fullGatewayPlan);
  const {
    "nginx.conf": conf = "",
    "published.conf": published = "",
    "ca-certificates.pem": certificates,
    "model-key": key,
    "credentials.conf": credentials = "",
    "upstream-proxy.conf": upstreamProxy,
    tunnels,
    ...others
  } = filesOf(fullGatewayPlan);
  expect([others, key, upstreamProxy, tunnels]).toEqual([{}, "sk-canary", "", ""]);
  expect(published).not.toContain("canary");
  const values = [...credentials.matchAll(/^map "" (\$\w+) \{ default "(.*)"; \}\n/gm)].map(([, name = "", value]) => {
    const [, header] = new RegExp(`proxy_set_header (\\S+) \\${name};`).exec(conf) ?? [];
    return `${header}: ${value}`;
  });
  expect(values).toEqual([
    `Authorization: Basic ${btoa("x-access-token:ghp_canary")}`,
    "Authorization: Bearer ghp_canary",
    "Authorization: Bearer wiki-canary",
    "Authorization: Bearer npm-canary",
  ]);
  expect(certificates).toBe("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n");
  const shown = inspect(files, { depth: 10, showHidden: true }) + JSON.stringify(files);
  expect(shown).not.toMatch(/canary|Basic eC1/);
});

test.each([
  ["Authorization", "Bearer $model_key"],
  ["api-key", "$model_key"],
] as const)("the model key is sent as %s: %s, and nothing in place of an empty one", (keyHeader, value) => {
  const { "nginx.conf": conf } = filesOf({ ...minimalGatewayPlan, model: { ...minimalModel!, keyHeader } });
  expect(conf).toContain(`map $model_key $credential_1 { "" ""; default "${value}"; }`);
  expect(conf).toContain(`proxy_set_header ${keyHeader} $credential_1;`);
});

test("a model provider without a key gets no credential at all, and a former key is emptied", () => {
  const {
    "nginx.conf": conf,
    "model-key": key,
    "credentials.conf": credentials,
  } = filesOf({
    ...minimalGatewayPlan,
    model: { ...minimalModel!, key: undefined },
  });
  expect([key, credentials]).toEqual(["", ""]);
  expect(conf).toContain('proxy_set_header Authorization "";');
  expect(conf).toContain('proxy_set_header api-key "";');
  expect(conf).not.toContain("$credential_");
});

test("through a company's proxy each upstream has a tunnel, whose credentials are on no command line", () => {
  const { "nginx.conf": conf, tunnels, "upstream-proxy.conf": secret } = filesOf(fullGatewayPlan, fullUpstreamProxy);
  const options = "proxyport=3128,proxyauthfile=/etc/gateway/upstream-proxy.conf";
  expect(tunnels?.split("\n")).toEqual([
    `/tmp/upstream-1.sock PROXY:proxy.example.com:models.example.com:8443,${options}`,
    `/tmp/upstream-2.sock PROXY:proxy.example.com:github.com:443,${options}`,
    `/tmp/upstream-3.sock PROXY:proxy.example.com:ghe.example.com:443,${options}`,
    `/tmp/upstream-4.sock PROXY:proxy.example.com:wiki.example.com:443,${options}`,
    `/tmp/upstream-5.sock PROXY:proxy.example.com:npm.example.com:8443,${options}`,
    "",
  ]);
  expect(secret).toBe("me@example:p:a% s");
  expect(conf).toMatch(/proxy_pass https:\/\/unix:\/tmp\/upstream-1\.sock;\n +proxy_ssl_name "models\.example\.com";/);
  expect(conf).not.toContain("proxy_pass https://$to_host");

  const open = { host: "2001:db8::1", port: 80, credentials: undefined };
  expect(filesOf(minimalGatewayPlan, open)["tunnels"]).toBe(
    "/tmp/upstream-1.sock PROXY:[2001:db8::1]:api.openai.com:443,proxyport=80\n",
  );
});

test("what is beside the gateway is not asked through a proxy", () => {
  for (const baseUrl of ["http://demo-model:8787/v1", "http://localhost:8787/v1", "http://127.0.0.1/v1"]) {
    const { "nginx.conf": conf, tunnels } = filesOf(
      { ...minimalGatewayPlan, model: { ...minimalModel!, baseUrl } },
      fullUpstreamProxy,
    );
    expect([tunnels, conf]).toEqual(["", expect.stringContaining("proxy_pass http://$to_host:$to_port;")]);
  }
});

test.each(["", "sk with blank", 'sk"; proxy_pass http://evil.test; #', "sk-$host", "sk\\", "sk\n", "schlüssel"])(
  "a credential such as %j is refused without being shown",
  (value) => {
    const secret = new Secret(value);
    const plans: [GatewayPlan, string][] = [
      [{ ...fullGatewayPlan, model: { ...model!, key: secret } }, "the model key"],
      [{ ...fullGatewayPlan, github: { ...github!, token: secret } }, "the GitHub token"],
      [{ ...fullGatewayPlan, mcpServers: [{ ...mcpServers[0]!, token: secret }] }, "the token of the MCP server wiki"],
      [{ ...fullGatewayPlan, grants: [{ ...grants[0]!, token: secret }] }, 'the grant "npm.internal"'],
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
