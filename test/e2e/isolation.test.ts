import { once } from "node:events";
import { chown, copyFile, mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { WorkspaceSpec } from "@codex-workspace/core";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { shell, up } from "../support/container.ts";
import { createLike } from "../support/container-like.ts";
import { docker, engineWarnings, hostAddress, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { freePort } from "../support/free-port.ts";
import { testImageInputs } from "../support/image.ts";
import { createPublicNetwork } from "../support/public-network.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/isolation.test.ts: ${reason}`);

const programs = fileURLToPath(new URL("../support/programs", import.meta.url));
const name = `isolated-${process.pid}`;
const container = `codex-workspace-${name}`;
const neighbour = `neighbour-${process.pid}`;
const outside = `codex-workspace-test-outside-${process.pid}`;
const sink = `${outside}-sink`;

/** A project directory that has the programs which try to leave. */
async function makeProject(cli: TestCli, project: string): Promise<void> {
  await mkdir(cli.path(project));
  for (const program of ["leaves-at-once.sh", "leaves-by-gateways.mjs", "leaves-directly.mjs"]) {
    await copyFile(`${programs}/${program}`, cli.path(project, program));
  }
  await chown(cli.path(project), 1000, 1000);
}

/** Of a container, on a network. */
function addressOf(container: string, network: string, kind = "IPAddress"): Promise<string> {
  return docker(["inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").${kind}}}`, container]);
}

describe.skipIf(reason !== undefined)("a restricted workspace", () => {
  let cli: TestCli;
  let workspace: WorkspaceHttp;
  let address: string;
  let address6: string;
  let port: number;
  /** Where others listen: the sink on this machine's own addresses, the neighbour, and the far side of the gateways. */
  let places: string[];

  /** What has arrived at the sink since the last question. */
  let seen = 0;
  async function arrivals(): Promise<string[]> {
    const lines = (await docker(["logs", sink])).split("\n").slice(1);
    return lines.slice(seen, (seen = lines.length));
  }

  /** Docker gives its gateway another port of this machine with another network, and after a restart. */
  async function foundAgain(): Promise<WorkspaceHttp> {
    const again = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
    expect(again).toMatchObject({ change: "unchanged" });
    return new WorkspaceHttp(String(again["url"]), String(again["token"]));
  }

  beforeAll(async () => {
    cli = await TestCli.create("docker");
    await createPublicNetwork(outside, { ipv6: true });
    await docker([
      ...["run", "--detach", "--label", testLabel, "--name", sink, "--network", outside, "--publish", "80"],
      ...["--network-alias", "allowed.test", "--network-alias", "other.test"],
      ...["--volume", `${programs}:/programs:ro`, testImageInputs.nodeImage, "node", "/programs/counts-arrivals.mjs"],
    ]);
    await until(async () => (await docker(["logs", sink])).includes("listening"), "the sink to listen");
    address = await addressOf(sink, outside);
    address6 = await addressOf(sink, outside, "GlobalIPv6Address");
    for (const one of [name, neighbour]) await makeProject(cli, one);
    port = await freePort();
    workspace = await up(cli, name, { network: { allow: ["allowed.test"], ports: [port] } });
    const beside = await up(cli, neighbour);
    const published = (await docker(["port", sink, "80/tcp"])).split(/:|\n/)[1] ?? "";
    const hosts = [await hostAddress(), await hostAddress(container)];
    places = [
      ...hosts.flatMap((host) => [`${host}:${published}`, `${host}:${new URL(beside.url).port}`]),
      `${await addressOf(`codex-workspace-${neighbour}-model-gateway`, `codex-workspace-${neighbour}`)}:3284`,
      `${await addressOf(`${container}-model-gateway`, container)}:3284`,
      `${await addressOf(`${container}-egress-proxy`, container)}:3128`,
      `${await addressOf(`${container}-demo-model`, container)}:8787`,
    ];
    // The gateways meet the network of the sink, so that only their own rules keep the workspace from it.
    for (const gateway of ["model-gateway", "egress-proxy"]) {
      await docker(["network", "connect", outside, `${container}-${gateway}`]);
    }
    workspace = await foundAgain();
  });
  afterAll(async () => {
    await docker(["rm", "--force", sink]);
    await cli[Symbol.asyncDispose]();
    await runDocker(["network", "rm", outside]);
  });

  test("reaches nothing by itself: not Codex's command, not its user, not root, with and without a proxy", async () => {
    await arrivals();
    const leave = `node leaves-directly.mjs ${address} ${address6} allowed.test ${places.join(" ")}`;
    const unproxied = `env -i PATH="$PATH" ${leave}`;
    const ran = async (command: string): Promise<string> => workspace.ask(`#model: run ${command}`);
    const all = await Promise.all([
      ...["1000", "0"].flatMap((user) => [shell(name, user, leave), shell(name, user, unproxied)]),
      ran(leave).then(async (first) => [first, await ran(unproxied)]),
    ]);
    const said = all.flat().map((text) => JSON.parse(/\{"tcp".*\}/.exec(text)?.[0] ?? text) as Record<string, unknown>);
    const unreachable = expect.stringMatching(/^(ENETUNREACH|EADDRNOTAVAIL)$/) as string;
    const ways = ["tcp", "tcp6", "mapped", "udp", "udp6", ...places];
    for (const outcomes of said) {
      expect(outcomes).toMatchObject(Object.fromEntries(ways.map((way) => [way, unreachable])));
      expect([outcomes["dns"], outcomes["name"]]).not.toContain("went");
    }
    // By HTTP a program goes where it is told to, and is refused there.
    expect(said.map(({ http }) => http)).toEqual([403, "ENETUNREACH", 403, "ENETUNREACH", 403, "ENETUNREACH"]);
    expect(await arrivals()).toEqual([]);

    // The mirror: the same program, where there is a network.
    const there = ["run", "--rm", "--label", testLabel, "--volume", `${programs}:/programs:ro`, "--network", outside];
    const mirror = await docker([...there, testImageInputs.nodeImage, "sh", "-c", `cd /programs && ${leave}`]);
    const went = { tcp: "went", tcp6: "went", mapped: "went", udp: "went", udp6: "went", name: "went", http: 200 };
    expect(JSON.parse(mirror)).toMatchObject({ ...went, [places[0] ?? ""]: "went" });
    const kinds = (await arrivals()).map((line) => line.split(" ")[0]);
    expect(kinds).toEqual(expect.arrayContaining(["tcp", "udp", "http"]));
  });

  test("reaches nobody through its gateways but whom it is allowed to", async () => {
    await arrivals();
    const names = [
      sink,
      "demo-model",
      ...[container, `codex-workspace-${neighbour}`].map((one) => `${one}-model-gateway`),
    ];
    const targets = [
      ...places,
      ...[address, `[${address6}]`, ...names, `${container}-egress-proxy`, "localhost", "169.254.169.254"].flatMap(
        (host) => [`${host}:80`, `${host}:3284`],
      ),
    ];
    const leave = `node leaves-by-gateways.mjs ${targets.join(" ")}`;
    const said = [await shell(name, "1000", leave), await shell(name, "0", leave)];
    said.push(/\{".*\}/.exec(await workspace.ask(`#model: run ${leave}`))?.[0] ?? "nothing");
    const refusals = Object.fromEntries(targets.map((target) => [target, [403, 403, 403, 400, 200]]));
    for (const statuses of said) expect(JSON.parse(statuses)).toEqual(refusals);
    expect(await arrivals()).toEqual([]);
    expect(await workspace.ask("#model: run node leaves-by-gateways.mjs allowed.test:80")).toContain("[200,");
    expect(await arrivals()).toContain("http allowed.test /");
  });

  test("reaches nothing as its very first act either, 100 times", async () => {
    await arrivals();
    const program = ["bash", "leaves-at-once.sh", address, address6, "allowed.test"];
    const made = Array.from({ length: 4 }, (_, nth) => `${outside}-at-once-${nth}`);
    await Promise.all(
      made.map(async (one) => {
        await createLike(container, one, program);
        for (let count = 0; count < 25; count++) {
          expect(await docker(["start", "--attach", one])).toBe("tried, 0 went");
        }
        await docker(["rm", one]);
      }),
    );
    expect(await arrivals()).toEqual([]);

    await createLike(container, made[0]!, program, outside);
    expect(await docker(["start", "--attach", made[0]!])).toBe("tried, 5 went");
    await docker(["rm", made[0]!]);
    expect((await arrivals()).map((line) => line.split(" ")[0]).sort()).toEqual(["tcp", "tcp", "tcp", "udp", "udp"]);
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
    const { network } = await cli.json(["status", "--name", name]);
    expect(network).toMatchObject({ mode: "restricted", denied: expect.arrayContaining(["late.test:80"]) as string[] });

    const last = await cli.run(["trace", "--name", name, "--denied", "-n", "1"]);
    expect(last.stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/^TIME/),
      expect.stringContaining("late.test"),
    ]);
    expect((await cli.run(["logs", "egress-proxy", "--name", name])).stdout).toContain('"host":"late.test"');
  });

  test("publishes a port for development", async () => {
    const program = `require("http").createServer((q, a) => a.end("developing")).listen(${port}, "127.0.0.1")`;
    await docker(["exec", "--detach", "--user", "1000", `codex-workspace-${name}`, "node", "-e", program]);
    const get = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text();
    await until(async () => (await get().catch(() => "")) === "developing", "the server to answer");
  });

  test("reaches it over as many connections at once as an installer opens", async () => {
    const many = 'Promise.all(Array.from({ length: 150 }, () => fetch("http://allowed.test/").then((a) => a.status)))';
    const count = "(all) => console.log(all.filter((one) => one === 200).length, `of ${all.length}`)";
    expect(await shell(name, "1000", `node -e '${many}.then(${count})'`)).toBe("150 of 150");
  });

  test("meets nothing of the workspace beside it, and its gateways do not meet that one's", async () => {
    const parts = ["", "-model-gateway", "-egress-proxy"];
    const mounts = async (one: string): Promise<string[]> => {
      const format = "{{range .Mounts}}{{.Source}} {{end}}";
      return (await docker(["inspect", "-f", format, ...parts.map((part) => `${one}${part}`)])).split(/\s+/);
    };
    const beside = `codex-workspace-${neighbour}`;
    const [own, others] = [await mounts(container), await mounts(beside)];
    expect(own.filter((source) => others.includes(source))).toEqual([]);
    expect(new Set(own).size).toBeGreaterThan(5);

    const gateway = (await addressOf(`${beside}-model-gateway`, beside)) + ":3284";
    const knock = ["socat", "-u", "OPEN:/dev/null", `TCP:${gateway},connect-timeout=2`];
    const reaches = async (from: string): Promise<boolean> => {
      return (await runDocker(["exec", from, ...knock])).exitCode === 0;
    };
    const from = ["model-gateway", "egress-proxy"].flatMap((part) => [`${container}-${part}`, `${beside}-${part}`]);
    expect(await Promise.all(from.map(reaches))).toEqual([false, true, false, true]);
  });

  /** Ends every process of a gateway at once, in the middle of a turn, and waits until Docker has started it again. */
  async function killed(gateway: string, prompt: string): Promise<Record<string, unknown>> {
    const { id } = await workspace.enqueue(prompt);
    const running = async (): Promise<boolean> =>
      (await workspace.get(`/v1/sessions/main/prompts/${String(id)}`)).body["state"] === "running";
    await until(running, "the turn");
    const one = `${container}-${gateway}`;
    await runDocker(["exec", one, "sh", "-c", "kill -9 -1"]);
    const state = (): Promise<string> => docker(["inspect", "-f", "{{.RestartCount}} {{.State.Status}}", one]);
    await until(async () => (await state()) === "1 running", `${gateway} to come back`);
    workspace = await foundAgain();
    return workspace.ended(id);
  }

  test("lives on when its model gateway is killed in the middle of a turn, and asks again", async () => {
    const { state } = await killed("model-gateway", "#model: stream 40 chunks every 100ms");
    expect(["completed", "failed"]).toContain(state);
    expect(await workspace.ask("#model: say after that")).toBe("after that");
  });

  test("gets through again when its egress proxy was killed in the middle of a turn", async () => {
    const gets = `node -e 'http.get("http://allowed.test/")' 2>/dev/null`;
    const command = `(while ${gets}; do :; done; echo lost; until ${gets}; do :; done; echo found) >outcome.txt`;
    expect(await killed("egress-proxy", `#model: run ${command}`)).toMatchObject({ state: "completed" });
    const outcome = (): Promise<string> => readFile(cli.path(name, "outcome.txt"), "utf8");
    await until(async () => (await outcome()) === "lost\nfound\n", "the command to get through again");
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
    expect(warnings).toEqual([...(await engineWarnings()), expect.stringContaining("network.mode is open")]);
  });
});
