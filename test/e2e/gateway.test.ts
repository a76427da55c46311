import {
  type GatewayPlan,
  gatewayPaths,
  matchesHost,
  type NetworkSpec,
  planEgress,
  publishedSocket,
  renderEgressProxy,
  renderModelGateway,
  Secret,
} from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fullGatewayPlan, fullNetwork } from "../../core/test-support/gateway-plan.ts";
import { CertificateAuthority } from "../support/certificate-authority.ts";
import { docker, type DockerRun, withoutDocker } from "../support/docker.ts";
import { type Answer, type GatewayRole, relayPorts, TestGateways } from "../support/gateways.ts";
import { until } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/gateway.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("the gateways of a workspace", () => {
  const canary = "sk-canary-0123456789";
  const secondCanary = "sk-second-canary";
  const model = `http://127.0.0.1:${relayPorts.model}`;
  const network: NetworkSpec = {
    allow: ["allowed.test", "*.wild.test", "*.wild.test:8443", "rebound.test", "gone.test", "allowed.test:81"],
  };
  const closing: AsyncDisposable[] = [];
  let gateways: TestGateways;
  let plan: GatewayPlan;
  /** Servers: that of every name that is not private, and a private one. */
  let outside: string;
  let inside: string;
  const checks: DockerRun[] = [];

  beforeAll(async () => {
    gateways = await TestGateways.create();
    closing.unshift(gateways);
    const authority = await CertificateAuthority.create();
    closing.unshift(authority);
    const { key, cert } = await authority.certificateFor("models.test");
    const wild = ["wild.test", "a.wild.test", "a.b.wild.test", "evilwild.test"];
    outside = await gateways.startSink("outside", ["models.test", "other.test", "allowed.test", ...wild], {
      PORTS: "80,8443",
      TLS_KEY: key,
      TLS_CERT: cert,
    });
    inside = await gateways.startSink("private", ["rebound.test"]);
    plan = {
      model: {
        baseUrl: "https://models.test/openai/v1",
        key: new Secret(canary),
        keyHeader: "Authorization",
        organization: "org-1",
        limits: { requestsPerMinute: 600, concurrentRequests: 4 },
      },
      github: undefined,
      mcpServers: [{ name: "wiki", url: "http://models.test/wiki/mcp?team=a", token: new Secret("wiki-canary") }],
      grants: [{ name: "packages.v1", host: "models.test", token: new Secret("packages-canary") }],
      publishedPorts: [{ port: 3284, connections: 1024 }],
      caCertificates: [authority.certificate],
    };
    for (const full of [fullGatewayPlan, { ...plan, publishedPorts: [], mcpServers: [], grants: [] }]) {
      checks.push(await gateways.check("model-gateway", renderModelGateway(full)));
    }
    for (const full of [{}, { allow: [] }, fullNetwork]) {
      checks.push(await gateways.check("egress-proxy", renderEgressProxy(planEgress(full))));
    }
    await gateways.start("model-gateway", renderModelGateway(plan));
    await gateways.start("egress-proxy", renderEgressProxy(planEgress(network)));
    await gateways.startClient();
  });
  afterAll(async () => {
    for (const resource of closing) await resource[Symbol.asyncDispose]();
  });

  test("take every configuration: nginx without a word, Squid without a fault", () => {
    for (const { exitCode, stderr } of checks) {
      expect([exitCode, stderr]).toEqual([
        0,
        expect.not.stringMatching(/\[warn\]|\[emerg\]|FATAL|ERROR|Bungled|unrecognized/),
      ]);
    }
    expect(checks).toHaveLength(5);
  });

  describe("the model gateway", () => {
    test("sends a request with its own key and nothing that the client sent to be somebody", async () => {
      const headers = {
        authorization: "Bearer mine",
        "api-key": "mine",
        cookie: "mine",
        "openai-organization": "mine",
        "x-client": "kept",
      };
      expect(await gateways.ask({ url: `${model}/v1/models?client_version=1`, headers })).toMatchObject({
        status: 200,
      });
      const [arrival, ...others] = await gateways.arrivals(outside, "/openai/v1/models?client_version=1");
      expect(others).toEqual([]);
      expect(arrival?.headers).toEqual({
        host: "models.test",
        authorization: `Bearer ${canary}`,
        "openai-organization": "org-1",
        "x-client": "kept",
      });
    });

    test.each([
      ["GET", "/v1/files"],
      ["GET", "/v1/responses"],
      ["POST", "/v1/responses/../files"],
      ["POST", "/v1/responses%2F..%2Ffiles"],
      ["GET", "/v1/models/x%3Fy"],
      ["GET", "/"],
      ["GET", "/github/api/user"],
    ])("refuses %s %s, which never arrives", async (method, path) => {
      const { status, text = "" } = await gateways.ask({ url: `${model}${path}`, method, headers: { "x-id": path } });
      expect([status, JSON.parse(text)]).toMatchObject([403, { error: { code: "path_not_allowed" } }]);
      const arrivals = await gateways.arrivals(outside, "all");
      expect(arrivals.filter(({ headers }) => headers?.["x-id"] === path)).toEqual([]);
    });

    test("passes events on as they come", async () => {
      const { chunks = [], text } = await gateways.ask({ url: `${model}/v1/responses`, method: "POST", body: "{}" });
      expect(text).toMatch(/^data: 0\n[^]*data: 9\n\n$/);
      expect(chunks).toHaveLength(10);
      // Sent over 1.8 s. A busy machine delays one, and so shortens the time to the next.
      expect(chunks.at(-1)! - chunks[0]!).toBeGreaterThan(1500);
    });

    test("ends a request of which the client wants no more, within a second", async () => {
      const before = (await gateways.arrivals(outside, "/openai/v1/responses")).length;
      await gateways.ask({ url: `${model}/v1/responses`, method: "POST", abortAfterMs: 500 });
      const aborted = async () =>
        (await gateways.arrivals(outside, "/openai/v1/responses"))
          .slice(before)
          .find(({ afterMs }) => afterMs !== undefined);
      await until(async () => (await aborted()) !== undefined, "the upstream to see it");
      expect((await aborted())?.afterMs).toBeLessThan(1500);
    });

    test("hands a redirect to the client, and follows it not", async () => {
      const { status, headers } = await gateways.ask({ url: `${model}/v1/models?moved` });
      expect([status, headers?.["location"]]).toEqual([302, "http://other.test/stolen"]);
      expect(await gateways.arrivals(outside, "stolen")).toEqual([]);
    });

    test("adds the bearer of an MCP server at its one address", async () => {
      const url = `${model}/mcp/wiki`;
      expect(await gateways.ask({ url, method: "POST", body: "{}" })).toMatchObject({ status: 200 });
      expect(await gateways.ask({ url: `${url}/x`, method: "POST" })).toMatchObject({ status: 403 });
      expect(await gateways.ask({ url, method: "PUT" })).toMatchObject({ status: 403 });
      expect(await gateways.arrivals(outside, "/wiki")).toMatchObject([
        { arrived: "/wiki/mcp?team=a", method: "POST", headers: { authorization: "Bearer wiki-canary" }, body: "{}" },
      ]);
    });

    test("adds the bearer of a grant to whatever is asked of its host, and sends the path as it came", async () => {
      const url = `${model}/grants/packages.v1`;
      const headers = { authorization: "Bearer mine", cookie: "mine" };
      const path = "/@scope%2Fname/./a%20b?x=%2F";
      expect(await gateways.ask({ url: `${url}${path}`, method: "PATCH", headers, body: "{}" })).toMatchObject({
        status: 200,
      });
      const [arrival, ...others] = await gateways.arrivals(outside, "scope");
      expect([arrival?.arrived, arrival?.method, others]).toEqual(["/@scope%2Fname/a%20b?x=%2F", "PATCH", []]);
      expect(arrival?.headers).toMatchObject({ authorization: "Bearer packages-canary" });
      expect(arrival?.headers).not.toHaveProperty("cookie");
      expect(await gateways.ask({ url: `${model}/grants/other/` })).toMatchObject({ status: 403 });

      const home = await gateways.ask({ url: `${url}/x?home` });
      expect([home.status, home.headers?.["location"]]).toEqual([302, "/grants/packages.v1/there"]);
      const away = await gateways.ask({ url: `${url}/x?moved` });
      expect([away.status, away.headers?.["location"]]).toEqual([302, "http://other.test/stolen"]);
      expect(await gateways.arrivals(outside, "stolen")).toEqual([]);
    });

    test("lets so many requests run at once, and says so to the next", async () => {
      const edits = { url: `${model}/v1/images/edits`, method: "POST" };
      const running = Array.from({ length: 4 }, () => gateways.ask({ ...edits, abortAfterMs: 8000 }));
      await until(async () => (await gateways.arrivals(outside, "edits")).length === 4, "four requests");
      const { status, headers, text = "" } = await gateways.ask(edits);
      expect([status, headers?.["retry-after"], JSON.parse(text)]).toMatchObject([
        429,
        "10",
        { error: { code: "workspace_limit" } },
      ]);
      await Promise.all(running);
      expect((await gateways.arrivals(outside, "edits")).filter(({ arrived }) => arrived !== undefined)).toHaveLength(
        4,
      );
    });

    test("logs who was asked, by which rule it was decided and how much was said, and nothing else", async () => {
      const entries = await gateways.trace("model-gateway", "models.test");
      expect(entries).toContainEqual({
        time: expect.any(Number) as number,
        host: "models.test",
        port: 443,
        method: "GET",
        decision: "allowed",
        rule: "model",
        sentBytes: expect.any(Number) as number,
        receivedBytes: expect.any(Number) as number,
        seconds: expect.any(Number) as number,
      });
      expect(entries).toContainEqual(expect.objectContaining({ port: 80, rule: "mcp:wiki", decision: "allowed" }));
      expect(entries).toContainEqual(expect.objectContaining({ rule: "none", decision: "denied" }));
      expect(entries).toContainEqual(expect.objectContaining({ rule: "limit", decision: "denied" }));
    });

    test("publishes a port of the workspace, and streams", async () => {
      const port = 3284;
      const relay = `socat UNIX-LISTEN:${publishedSocket(port)},fork,mode=0666 TCP:127.0.0.1:${port} &`;
      await gateways.inWorkspace(relay, `PORTS=${port} node /programs/sink.mjs`);
      const address = await gateways.addressOf(gateways.container("model-gateway"));
      const ask = JSON.stringify({ url: `http://${address}:${port}/responses` });
      const answer = async () =>
        JSON.parse(await docker(["exec", outside, "node", "/programs/ask.mjs", ask])) as Answer;
      await until(async () => (await answer()).status === 200, "the workspace to listen");
      const { chunks = [] } = await answer();
      expect(chunks.at(-1)! - chunks[0]!).toBeGreaterThan(1500);
    });
  });

  describe("the egress proxy", () => {
    const proxy = relayPorts.proxy;
    const { rules } = planEgress(network);

    test.each([
      ["allowed.test", 80],
      ["ALLOWED.test.", 80],
      ["allowed.test", 8443],
      ["wild.test", 80],
      ["a.wild.test", 80],
      ["A.b.Wild.test", 8443],
      ["evilwild.test", 80],
      ["other.test", 80],
      ["models.test", 80],
    ])("decides about %s:%i as the patterns do, plainly and for a tunnel", async (host, port) => {
      const rule = rules.find(({ pattern }) => matchesHost(pattern, host, port));
      for (const tunnel of [false, true]) {
        const path = `/table/${host}/${port}/${tunnel}`;
        const { status, text } = await gateways.ask({ url: `http://${host}:${port}${path}`, proxy, tunnel });
        expect([status, (await gateways.arrivals(outside, path)).length]).toEqual(rule ? [200, 1] : [403, 0]);
        const name = host.toLowerCase().replace(/\.$/, "");
        if (rule === undefined) expect(text).toContain(`add &quot;${name}:${port}&quot; to network.allow`);
        const entries = await gateways.trace("egress-proxy", name);
        expect(entries).toContainEqual(
          expect.objectContaining({
            port,
            method: tunnel ? "CONNECT" : "GET",
            decision: rule ? "allowed" : "denied",
            rule: rule?.name ?? "none",
          }),
        );
      }
    });

    test.each(["ftp", "whois", "wais", "gopher", "https", "urn", "ws"])(
      "speaks no %s, also not to an allowed host",
      async (scheme) => {
        const url = `${scheme}://allowed.test:80/scheme/${scheme}`;
        const { status } = await gateways.ask({ url, proxy });
        // Squid answers a scheme that it does not know with 501, and a URN that nobody resolves with 400.
        expect([400, 403, 501]).toContain(status);
        const rules = (await gateways.trace("egress-proxy", "allowed.test")).map(({ rule }) => rule);
        if (status === 403) expect(rules).toContain("protocol");
        expect(await gateways.arrivals(outside, `/scheme/${scheme}`)).toEqual([]);
        const plain = `http://allowed.test:80/scheme-mirror/${scheme}`;
        expect((await gateways.ask({ url: plain, proxy })).status).toBe(200);
      },
    );

    test.each([
      ["does not resolve", "gone.test", 443],
      ["refuses the connection", "allowed.test", 81],
    ])("logs an allowed request to a host that %s as failed", async (_, host, port) => {
      const failure = "unreachable";
      for (const tunnel of [false, true]) {
        const { status } = await gateways.ask({ url: `http://${host}:${port}/`, proxy, tunnel });
        expect(status).toBeGreaterThanOrEqual(500);
      }
      const entries = (await gateways.trace("egress-proxy", host)).filter((entry) => entry.port === port);
      expect(entries).toMatchObject([
        { method: "GET", decision: "failed", failure, rule: expect.stringContaining(host) as string },
        { method: "CONNECT", decision: "failed", failure },
      ]);
    });

    test("has no pages about itself", async () => {
      for (const host of ["allowed.test", "egress-proxy", "127.0.0.1:3128"]) {
        const manager = [`cache_object://${host}/info`, `http://${host}/squid-internal-mgr/info`];
        for (const url of [...manager, `http://${host}/squid-internal-mgr/config`]) {
          const { status, text } = await gateways.ask({ url, proxy });
          expect([url, status]).toEqual([url, expect.toBeOneOf([400, 403])]);
          expect(text).not.toContain("Squid Object Cache");
        }
      }
      // The mirror: an allowed host gets a path that has the form of Squid's own files.
      const path = "/squid-internal-static/icons/SN.png";
      expect((await gateways.ask({ url: `http://allowed.test${path}`, proxy })).status).toBe(200);
      expect(await gateways.arrivals(outside, path)).toHaveLength(1);
    });

    test("refuses addresses, its own and every spelling of them", async () => {
      const addresses = [await gateways.addressOf(outside), await gateways.addressOf(inside)];
      const own = ["127.0.0.1:3128", "[::1]:80", "[::ffff:127.0.0.1]:3128", "localhost:3128", "2130706433:3128"];
      for (const host of [...addresses.map((address) => `${address}:80`), ...own, "169.254.169.254"]) {
        for (const tunnel of [false, true]) {
          expect([host, (await gateways.ask({ url: `http://${host}/address`, proxy, tunnel })).status]).toEqual([
            host,
            403,
          ]);
        }
      }
      expect(await gateways.arrivals(outside, "/address")).toEqual([]);
      expect(await gateways.arrivals(inside, "/address")).toEqual([]);
    });

    test("refuses an allowed name that resolves to a private address, unless that is allowed too", async () => {
      const request = { url: "http://rebound.test/rebound", proxy };
      for (const tunnel of [false, true]) {
        const { status, text } = await gateways.ask({ ...request, tunnel });
        expect([status, text]).toEqual([403, expect.stringContaining("rebound.test has a private address")]);
      }
      expect(await gateways.arrivals(inside, "rebound")).toEqual([]);
      expect(await gateways.trace("egress-proxy", "rebound.test")).toMatchObject([
        { decision: "denied", rule: "private-address" },
        { decision: "denied", rule: "private-address" },
      ]);

      await gateways.stop("egress-proxy");
      const allow = [...network.allow!, await gateways.addressOf(inside)];
      await gateways.start("egress-proxy", renderEgressProxy(planEgress({ allow })));
      expect(await gateways.ask(request)).toMatchObject({ status: 200 });
      expect(await gateways.arrivals(inside, "rebound")).toHaveLength(1);
    });

    test("streams, and 100 MiB come whole", async () => {
      for (const tunnel of [false, true]) {
        const { chunks = [] } = await gateways.ask({ url: "http://allowed.test/responses", proxy, tunnel });
        expect(chunks.at(-1)! - chunks[0]!).toBeGreaterThan(1500);
        const { bytes } = await gateways.ask({ url: "http://allowed.test/big", proxy, tunnel });
        expect(bytes).toBe(100 * 2 ** 20);
      }
    });

    test("logs nothing of its health check", async () => {
      expect(await gateways.trace("egress-proxy", "health.invalid")).toEqual([]);
    });
  });

  describe("both", () => {
    const roles: GatewayRole[] = ["model-gateway", "egress-proxy"];

    test("need 60 MB at most", async () => {
      const names = roles.map((role) => gateways.container(role));
      const sizes = (await docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", ...names])).split("\n");
      expect(sizes.map((size) => / \/ /.test(size))).toEqual([true, true]);
      const bytes = sizes.map((size) => Number.parseFloat(size) * (size.includes("MiB /") ? 2 ** 20 : Number.NaN));
      expect(bytes[0]! + bytes[1]!).toBeLessThan(60e6);
    });

    test("are no root, and have no capability", async () => {
      for (const role of roles) {
        const script = "cat /proc/[0-9]*/status | grep -E '^(Uid|CapEff|CapBnd):' | sort -u";
        const uid = role === "model-gateway" ? 9002 : 9003;
        expect((await docker(["exec", gateways.container(role), "sh", "-c", script])).split("\n")).toEqual([
          "CapBnd:\t0000000000000000",
          "CapEff:\t0000000000000000",
          `Uid:${`\t${uid}`.repeat(4)}`,
        ]);
      }
    });

    test("show the key nowhere but in the two files of the one gateway", async () => {
      for (const role of roles) {
        expect(await docker(["inspect", gateways.container(role)])).not.toContain("canary");
        expect(await gateways.logs(role)).not.toContain("canary");
      }
      const search = `grep -rl ${canary} ${gatewayPaths.config} ${gatewayPaths.sockets} /tmp || true`;
      const found = (role: GatewayRole) => docker(["exec", gateways.container(role), "sh", "-c", search]);
      expect(await found("model-gateway")).toBe(`${gatewayPaths.config}/model-key\n${gatewayPaths.modelKeyConf}`);
      expect(await found("egress-proxy")).toBe("");
      expect(
        await gateways.shell(["sh", "-c", `grep -rlsa ${canary} /proc/[0-9]*/environ /etc /home /run /tmp || true`]),
      ).toBe("");
    });
  });

  test("the model key is taken from its file as it is, and one that cannot be sent is not", async () => {
    const write = (key: string): Promise<void> =>
      gateways.write("model-gateway", [{ path: "model-key", content: key, mode: 0o444 }]);
    const sent = async (): Promise<string | undefined> => {
      await gateways.ask({ url: `${model}/v1/models?raw` });
      return (await gateways.arrivals(outside, "/openai/v1/models?raw")).at(-1)?.headers?.["authorization"];
    };
    const refusals = async (): Promise<number> => (await gateways.logs("model-gateway")).split("cannot be sent").length;
    await write(" \tsk-canary.raw_~+/-==\r\n");
    await until(async () => (await sent()) === "Bearer sk-canary.raw_~+/-==", "the key without the space around it");

    for (const key of ['sk-canary"; } #$host', "sk-canary\nsk-canary", "sk=canary"]) {
      const before = await refusals();
      await write(key);
      await until(async () => (await refusals()) > before, `a word about ${key}`);
      expect(await sent()).toBe("Bearer sk-canary.raw_~+/-==");
    }
    await docker(["restart", gateways.container("model-gateway")]);
    await until(async () => (await sent()) === undefined, "no key after a start");

    await write(canary);
    await until(async () => (await sent()) === `Bearer ${canary}`, "a key that can be sent");
    await write("\n");
    await until(async () => (await sent()) === undefined, "no key where its file is empty");
    await write(canary);
    await until(async () => (await sent()) === `Bearer ${canary}`, "the key again");
    expect(await gateways.logs("model-gateway")).not.toMatch(/canary|\[emerg\]/);
  });

  test("a key is exchanged without a restart: what runs ends as it began, what comes has the new one", async () => {
    const running = gateways.ask({ url: `${model}/v1/responses`, method: "POST", headers: { "x-id": "before" } });
    const arrivalOf = async (id: string) =>
      (await gateways.arrivals(outside, "all")).find(({ headers }) => headers?.["x-id"] === id);
    await until(async () => (await arrivalOf("before")) !== undefined, "the request before");
    const limits = { requestsPerMinute: 1, concurrentRequests: 4 };
    const exchanged = { ...plan.model!, key: new Secret(secondCanary), keyHeader: "api-key", limits } as const;
    await gateways.write("model-gateway", renderModelGateway({ ...plan, model: exchanged }));

    expect((await running).chunks).toHaveLength(10);
    expect((await arrivalOf("before"))?.headers).toMatchObject({ authorization: `Bearer ${canary}` });
    const limited = async () =>
      (await gateways.ask({ url: `${model}/v1/models?api-version=preview`, headers: { "x-id": "after" } })).status;
    await until(async () => (await limited()) === 429, "the new limit");
    const after = (await gateways.arrivals(outside, "all"))
      .filter(({ headers }) => headers?.["x-id"] === "after")
      .at(-1);
    expect(after?.arrived).toBe("/openai/v1/models?api-version=preview");
    expect(after?.headers).toMatchObject({ "api-key": secondCanary, "openai-organization": "org-1" });
    expect(after?.headers).not.toHaveProperty("authorization");
  });

  test("an upstream whose certificate is not trusted is not spoken to", async () => {
    const model_ = { ...plan.model!, organization: undefined };
    const mcpServers = [
      { ...plan.mcpServers[0]!, url: "https://models.test/wiki/mcp" },
      { ...plan.mcpServers[0]!, name: "refusing", url: "http://models.test:81/mcp" },
      { ...plan.mcpServers[0]!, name: "gone", url: "http://gone.test/mcp" },
    ];
    const untrusting = { ...plan, model: model_, mcpServers, caCertificates: [] };
    await gateways.write("model-gateway", renderModelGateway(untrusting));
    let answer: Answer = { ms: 0 };
    const asked = async () => (answer = await gateways.ask({ url: `${model}/v1/models?untrusted` })).status === 502;
    await until(asked, "the new certificates");
    const unreachable = { error: { code: "upstream_unreachable" } };
    expect(JSON.parse(answer.text ?? "")).toMatchObject(unreachable);
    const wiki = await gateways.ask({ url: `${model}/mcp/wiki`, method: "POST", body: "{}" });
    expect([wiki.status, JSON.parse(wiki.text ?? "")]).toMatchObject([502, unreachable]);
    expect(answer.text).toContain("cannot reach models.test:443");
    for (const [name, host, port] of [
      ["refusing", "models.test", 81],
      ["gone", "gone.test", 80],
    ] as const) {
      const { status, text } = await gateways.ask({ url: `${model}/mcp/${name}`, method: "POST", body: "{}" });
      expect([status, text]).toEqual([502, expect.stringContaining(`cannot reach ${host}:${port}`)]);
      expect(await gateways.trace("model-gateway", host)).toContainEqual(
        expect.objectContaining({ port, decision: "failed", failure: "unreachable", rule: `mcp:${name}` }),
      );
    }
    expect(await gateways.trace("model-gateway", "models.test")).toContainEqual(
      expect.objectContaining({ port: 443, decision: "failed", failure: "unreachable", rule: "model" }),
    );
  });
});
