import {
  type GatewayPlan,
  planEgress,
  readUpstreamProxy,
  renderEgressProxy,
  renderModelGateway,
  Secret,
} from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CertificateAuthority } from "../support/certificate-authority.ts";
import { docker, withoutDocker } from "../support/docker.ts";
import { relayPorts, TestGateways } from "../support/gateways.ts";
import { until } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/gateway-upstream-proxy.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)(
  "behind a company's proxy, which alone reaches and resolves what is outside",
  () => {
    const model = `http://127.0.0.1:${relayPorts.model}`;
    const proxy = relayPorts.proxy;
    const key = "sk-canary-behind-a-proxy";
    const password = 'p:a%s "canary"';
    const egress = planEgress({ allow: ["allowed.test"] });
    const as = (user: string) => {
      return readUpstreamProxy(new Secret(`http://${user}:${encodeURIComponent(password)}@parent.test:3128`));
    };
    const closing: AsyncDisposable[] = [];
    let gateways: TestGateways;
    let plan: GatewayPlan;
    let beyond: string;
    let parent: string;

    beforeAll(async () => {
      gateways = await TestGateways.create();
      closing.unshift(gateways);
      const authority = await CertificateAuthority.create();
      closing.unshift(authority);
      const { key: tlsKey, cert } = await authority.certificateFor("models.test");
      const names = ["models.test", "impostor.test", "allowed.test", "denied.test"];
      beyond = await gateways.startSink("beyond", names, { TLS_KEY: tlsKey, TLS_CERT: cert });
      parent = await gateways.startParent("parent.test", { first: password, second: password });
      plan = {
        model: {
          baseUrl: "https://models.test/v1",
          key: new Secret(key),
          keyHeader: "Authorization",
          organization: undefined,
          limits: { requestsPerMinute: 600, concurrentRequests: 32 },
        },
        github: undefined,
        mcpServers: [{ name: "impostor", url: "https://impostor.test/mcp", token: new Secret("impostor-canary") }],
        grants: [],
        publishedPorts: [],
        caCertificates: [authority.certificate],
      };
      await gateways.start("model-gateway", renderModelGateway(plan, as("first")));
      await gateways.start("egress-proxy", renderEgressProxy(egress, as("first")));
      await gateways.startClient();
    });
    afterAll(async () => {
      for (const resource of closing) await resource[Symbol.asyncDispose]();
    });

    /** What the parent saw: `USER METHOD WHAT STATUS`. */
    const seen = async (): Promise<string[]> => (await docker(["logs", parent])).split("\n");

    test("the model is asked through a tunnel of it, with the key, and streams", async () => {
      const { chunks = [], text } = await gateways.ask({ url: `${model}/v1/responses`, method: "POST", body: "{}" });
      expect(text).toMatch(/^data: 0\n[^]*data: 9\n\n$/);
      expect(chunks.at(-1)! - chunks[0]!).toBeGreaterThan(1500);
      const [arrival] = await gateways.arrivals(beyond, "/v1/responses");
      expect(arrival?.headers).toEqual({ host: "models.test", authorization: `Bearer ${key}`, "content-length": "2" });
      expect(await seen()).toContain("first CONNECT models.test:443 200");
    });

    test("an abort reaches the model through it within a second", async () => {
      // It is never answered; the way there is long for a machine that is busy.
      await gateways.ask({ url: `${model}/v1/images/edits`, method: "POST", abortAfterMs: 4000 });
      const aborted = async () =>
        (await gateways.arrivals(beyond, "/v1/images/edits")).find(({ afterMs }) => afterMs !== undefined);
      await until(async () => (await aborted()) !== undefined, "the upstream to see it");
      expect((await aborted())?.afterMs).toBeLessThan(5000);
    });

    test("the gateway holds who answers there to the name that it asked for", async () => {
      expect(await gateways.ask({ url: `${model}/mcp/impostor`, method: "POST" })).toMatchObject({ status: 502 });
      expect(await gateways.arrivals(beyond, "/mcp")).toEqual([]);
      expect(await seen()).toContain("first CONNECT impostor.test:443 200");
    });

    test("what is allowed is reached through it, plainly and by a tunnel, and what is not is not even asked for", async () => {
      for (const tunnel of [false, true]) {
        const path = `/through/${tunnel}`;
        const ask = (host: string) => gateways.ask({ url: `http://${host}${path}`, proxy, tunnel });
        expect([(await ask("allowed.test")).status, (await ask("denied.test")).status]).toEqual([200, 403]);
        expect(await gateways.arrivals(beyond, path)).toMatchObject([{ headers: { host: "allowed.test" } }]);
      }
      const lines = await seen();
      expect(lines).toEqual(
        expect.arrayContaining([
          "first GET http://allowed.test/through/false 200",
          "first CONNECT allowed.test:80 200",
        ]),
      );
      expect(lines.filter((line) => line.includes("denied.test"))).toEqual([]);
    });

    test("its password is on no command line, and in no inspection and no log", async () => {
      for (const role of ["model-gateway", "egress-proxy"] as const) {
        const container = gateways.container(role);
        const commands = "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'";
        const shown = [
          await docker(["exec", container, "sh", "-c", commands]),
          await docker(["inspect", container]),
          await gateways.logs(role),
        ];
        expect(shown[0]).toContain(role === "model-gateway" ? "PROXY:parent.test:models.test:443" : "squid");
        for (const text of shown) expect(text).not.toMatch(/canary|p:a%s|Basic /);
      }
    });

    test("its credentials are exchanged without a restart, and wrong ones are an error in words", async () => {
      await gateways.write("model-gateway", renderModelGateway(plan, as("second")));
      await gateways.write("egress-proxy", renderEgressProxy(egress, as("second")));
      const asked = async () => {
        await gateways.ask({ url: `${model}/v1/models` });
        await gateways.ask({ url: "http://allowed.test/again", proxy });
        return await seen();
      };
      const expected = ["second CONNECT models.test:443 200", "second GET http://allowed.test/again 200"];
      await until(async () => {
        const lines = await asked();
        return expected.every((line) => lines.includes(line));
      }, "the second user");

      await gateways.write("model-gateway", renderModelGateway(plan, as("nobody")));
      const { status, text = "" } = await gateways.ask({ url: `${model}/v1/models` });
      expect([status, JSON.parse(text)]).toMatchObject([502, { error: { code: "upstream_unreachable" } }]);
    });
  },
);
