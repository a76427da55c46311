import { once } from "node:events";
import { chown, copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { WorkspaceSpec } from "@codex-workspace/core";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { shell, up } from "../support/container.ts";
import { docker, hostAddress, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { freePort } from "../support/free-port.ts";
import { testImageInputs } from "../support/image.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/isolation.test.ts: ${reason}`);

const programs = fileURLToPath(new URL("../support/programs", import.meta.url));
const name = `isolated-${process.pid}`;
const outside = `codex-workspace-test-outside-${process.pid}`;
const sink = `${outside}-sink`;

/** A project directory that has the program which tries to leave. */
async function makeProject(cli: TestCli, project: string): Promise<void> {
  await mkdir(cli.path(project));
  await copyFile(`${programs}/leaves-directly.mjs`, cli.path(project, "leaves-directly.mjs"));
  await chown(cli.path(project), 1000, 1000);
}

describe.skipIf(reason !== undefined)("a restricted workspace", () => {
  let cli: TestCli;
  let workspace: WorkspaceHttp;
  let address: string;
  let port: number;

  /** What has arrived at the sink since the last question. */
  let seen = 0;
  async function arrivals(): Promise<string[]> {
    const lines = (await docker(["logs", sink])).split("\n").slice(1);
    return lines.slice(seen, (seen = lines.length));
  }

  beforeAll(async () => {
    cli = await TestCli.create("docker");
    // Addresses for documentation: nobody's, and not private either.
    const subnet = `198.51.100.${(process.pid % 16) * 16}/28`;
    await docker(["network", "create", "--label", testLabel, "--subnet", subnet, outside]);
    await docker([
      ...["run", "--detach", "--label", testLabel, "--name", sink, "--network", outside],
      ...["--network-alias", "allowed.test", "--network-alias", "other.test"],
      ...["--volume", `${programs}:/programs:ro`, testImageInputs.nodeImage, "node", "/programs/counts-arrivals.mjs"],
    ]);
    await until(async () => (await docker(["logs", sink])).includes("listening"), "the sink to listen");
    address = await docker(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", sink]);
    await makeProject(cli, name);
    port = await freePort();
    workspace = await up(cli, name, { network: { allow: ["allowed.test"], ports: [port] } });
    // The gateways meet the network of the sink, so that only their own rules keep the workspace from it.
    for (const gateway of ["model-gateway", "egress-proxy"]) {
      await docker(["network", "connect", outside, `codex-workspace-${name}-${gateway}`]);
    }
  });
  afterAll(async () => {
    await docker(["rm", "--force", sink]);
    await cli[Symbol.asyncDispose]();
    await runDocker(["network", "rm", outside]);
  });

  const leave = (): string => `node leaves-directly.mjs ${address} allowed.test`;
  const nowhere = { tcp: "ENETUNREACH", ipv6: "EADDRNOTAVAIL", mapped: "ENETUNREACH", udp: "ENETUNREACH" };

  test("reaches nothing by itself: not Codex's command, not its user, not root", async () => {
    await arrivals();
    const said = [await shell(name, "1000", leave()), await shell(name, "0", leave())];
    said.push(/\{"tcp".*\}/.exec(await workspace.ask(`#model: run ${leave()}`))?.[0] ?? "nothing");
    for (const outcomes of said) {
      const { dns, name: byName, ...ways } = JSON.parse(outcomes) as Record<string, string>;
      expect(ways).toEqual(nowhere);
      expect([dns, byName]).not.toContain("went");
    }
    expect(await arrivals()).toEqual([]);

    // The mirror: the same program, where there is a network.
    const there = ["run", "--rm", "--label", testLabel, "--network", outside, "--volume", `${programs}:/programs:ro`];
    const mirror = await docker([...there, testImageInputs.nodeImage, "sh", "-c", `cd /programs && ${leave()}`]);
    expect(JSON.parse(mirror)).toMatchObject({ tcp: "went", mapped: "went", udp: "went", name: "went" });
    const kinds = (await arrivals()).map((line) => line.split(" ")[0]);
    expect(kinds).toEqual(expect.arrayContaining(["tcp", "udp"]));
  });

  test("has no interface but loopback", async () => {
    const interfaces = "ls /sys/class/net; cat /proc/net/route | tail -n +2";
    expect(await shell(name, "0", interfaces)).toBe("lo");
  });

  test("reaches what is allowed, without a word of the user's, and is told what to add for the rest", async () => {
    await arrivals();
    const get = (url: string): string =>
      `node -e 'http.get("${url}", (a) => a.setEncoding("utf8").on("data", (d) => console.log(a.statusCode, d)))'`;
    expect(await workspace.ask(`#model: run ${get("http://allowed.test/from-a-turn")}`)).toContain("200 arrived");
    expect(await arrivals()).toContain("http allowed.test /from-a-turn");
    const refused = await workspace.ask(`#model: run ${get("http://other.test/")}`);
    expect(refused).toContain("403");
    expect(refused).toContain("add &quot;other.test:80&quot; to network.allow");
    expect(await workspace.ask("#model: run git ls-remote http://allowed.test/repository 2>&1")).toContain("fatal");
    expect((await arrivals()).filter((line) => line.startsWith("http"))).toEqual([
      "http allowed.test /repository/info/refs?service=git-upload-pack",
    ]);
  });

  test("has a trace of what it asked: what was let through and by what, and what to add for the rest", async () => {
    const following = cli.start(["trace", "-f", "--denied", "--name", name]);
    const ended = once(following, "close");
    let seen = "";
    following.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    await until(() => seen.includes("DECISION"), "the requests so far");
    const get = (host: string): string => `node -e 'http.get("http://${host}/", (a) => a.resume())'`;
    await workspace.ask(`#model: run ${get("allowed.test")}; ${get("late.test")}`);
    await until(() => seen.includes("late.test"), "the request that is denied");
    expect(seen).toMatch(/ denied +GET .* late\.test:80 +none: add "late\.test" to network\.allow\n$/);
    expect(seen).not.toContain("allowed");
    following.kill("SIGINT");
    expect(await ended).toEqual([0, null]);

    const { stdout } = await cli.run(["trace", "--name", name, "--since", "1h", "--json"]);
    const requests = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(requests).toContainEqual(expect.objectContaining({ gateway: "model-gateway", rule: "model" }));
    const ofProxy = { gateway: "egress-proxy", port: 80, method: "GET" };
    expect(requests.filter(({ gateway }) => gateway === "egress-proxy").slice(-2)).toMatchObject([
      { ...ofProxy, host: "allowed.test", decision: "allowed", rule: "allow:allowed.test" },
      { ...ofProxy, host: "late.test", decision: "denied", remedy: 'add "late.test" to network.allow' },
    ]);
    const last = await cli.run(["trace", "--name", name, "--denied", "-n", "1"]);
    expect(last.stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/^TIME/),
      expect.stringContaining("late.test"),
    ]);
    expect((await cli.run(["logs", "egress-proxy", "--name", name])).stdout).toContain('"host":"late.test"');
  });

  test("reaches it over as many connections at once as an installer opens", async () => {
    const many = 'Promise.all(Array.from({ length: 150 }, () => fetch("http://allowed.test/").then((a) => a.status)))';
    const count = "(all) => console.log(all.filter((one) => one === 200).length, `of ${all.length}`)";
    expect(await shell(name, "1000", `node -e '${many}.then(${count})'`)).toBe("150 of 150");
  });

  test("publishes a port for development", async () => {
    const program = `require("http").createServer((q, a) => a.end("developing")).listen(${port}, "127.0.0.1")`;
    await docker(["exec", "--detach", "--user", "1000", `codex-workspace-${name}`, "node", "-e", program]);
    const get = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
    await until(async () => (await get().catch(() => "")) === "developing", "the server to answer");
  });

  test("lives on when a gateway is killed in the middle of a turn, and so does its conversation", async () => {
    for (const gateway of ["model-gateway", "egress-proxy"]) {
      const { id } = await workspace.enqueue("#model: run sleep 3; say it is over");
      await until(
        async () => (await workspace.get(`/v1/sessions/main/prompts/${String(id)}`)).body["state"] === "running",
        "the turn",
      );
      await docker(["restart", "--time", "0", `codex-workspace-${name}-${gateway}`]);
      const again = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
      expect(again).toMatchObject({ change: "unchanged" });
      workspace = new WorkspaceHttp(String(again["url"]), String(again["token"]));
      expect(["completed", "failed"]).toContain((await workspace.ended(id))["state"]);
      expect(await workspace.ask(`#model: say after ${gateway}`)).toBe(`after ${gateway}`);
    }
  });
});

describe.skipIf(reason !== undefined)("an open workspace", () => {
  test("says that it is, reaches what this machine reaches, and has the model key no more than another", async () => {
    await using cli = await TestCli.create("docker");
    const key = "sk-canary-of-the-open";
    await using model = await startScriptedModel({ host: "0.0.0.0", apiKey: key });
    const open = `open-${process.pid}`;
    const baseUrl = `http://${await hostAddress()}:${model.port}/v1`;
    await makeProject(cli, open);
    const spec: WorkspaceSpec = {
      network: { mode: "open" },
      modelProvider: { baseUrl, apiKey: { env: "KEY_OF_THE_TEST" } },
    };
    const workspace = await up(cli, open, spec, { KEY_OF_THE_TEST: key });

    const ask = `node -e 'fetch("${baseUrl}/models").then((a) => console.log("direct", a.status))'`;
    expect(await workspace.ask(`#model: run ${ask}`)).toContain("direct 401");
    expect((await model.waitForRequest(1)).headers.authorization).toBe(`Bearer ${key}`);
    expect(await shell(open, "0", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'; env")).not.toContain(key);
    const { warnings } = await cli.up([open, "--spec", cli.path(`${open}.json`), "--name", open], {
      env: { KEY_OF_THE_TEST: key },
    });
    expect(warnings).toEqual([expect.stringContaining("network.mode is open")]);
  });
});
