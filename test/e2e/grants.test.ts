import { chown, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Secret } from "@codex-workspace/core";
import { type RunningScriptedModel, startScriptedModel } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GrantStore } from "../../cli/src/grants/store.ts";
import { CertificateAuthority } from "../support/certificate-authority.ts";
import { TestCli } from "../support/cli.ts";
import { shell, up } from "../support/container.ts";
import { docker, hostAddress, runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { testImage } from "../support/image.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/grants.test.ts: ${reason}`);

const programs = fileURLToPath(new URL("../support/programs", import.meta.url));
const name = `granted-${process.pid}`;
const outside = `codex-workspace-test-granted-${process.pid}`;
const keys = {
  openai: "sk-canary-of-the-model",
  github: "ghp_canary_of_github",
  wiki: "canary-of-the-wiki",
  issues: "canary-of-the-issues",
} as const;
const noKeychain = (): Promise<never> => Promise.reject(new Error("there is none"));

describe.skipIf(reason !== undefined)("a workspace with grants", () => {
  const closing: AsyncDisposable[] = [];
  let cli: TestCli;
  let model: RunningScriptedModel;
  let workspace: WorkspaceHttp;

  /** Starts what outside is a host of this name; with TLS, by a certificate that the workspace's gateway trusts. */
  async function startServer(host: string, program: string, authority: CertificateAuthority): Promise<void> {
    const { key, cert } = await authority.certificateFor(host);
    const token = { "github.test": keys.github, "wiki.test": keys.wiki, "issues.test": keys.issues }[host] ?? "";
    const env = { TLS_KEY: key, TLS_CERT: cert, TOKEN: token, REPOSITORIES: "octocat/hello,octocat/guide" };
    await docker([
      ...["run", "--detach", "--label", testLabel, "--name", `${outside}-${host}`, "--network", outside],
      ...["--network-alias", host, "--volume", `${programs}:/programs:ro`, "--no-healthcheck", "--entrypoint", "node"],
      ...Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
      ...[await testImage(), `/programs/${program}`],
    ]);
    await until(async () => (await docker(["logs", `${outside}-${host}`])).includes("listening"), `${host} to listen`);
  }

  interface Arrival {
    readonly arrived?: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }

  async function arrivals(host: string): Promise<Arrival[]> {
    const lines = (await docker(["logs", `${outside}-${host}`])).split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line) as Arrival).filter(({ arrived }) => arrived !== undefined);
  }

  async function grant(grantName: string, host: string, secret: string): Promise<void> {
    const kind = grantName === "github" ? "github" : "bearer";
    const stored = {
      name: grantName,
      kind,
      host,
      secret: new Secret(secret),
      grantedAt: "2026-01-01T00:00:00Z",
    } as const;
    await new GrantStore(cli.path("state", "grants"), { read: noKeychain, write: noKeychain }).write("default", stored);
  }

  beforeAll(async () => {
    cli = await TestCli.create("docker");
    closing.unshift(cli);
    const authority = await CertificateAuthority.create();
    closing.unshift(authority);
    model = await startScriptedModel({ host: "0.0.0.0", apiKey: keys.openai });
    closing.unshift(model);
    await docker(["network", "create", "--label", testLabel, outside]);
    await startServer("github.test", "git-server.mjs", authority);
    await startServer("wiki.test", "mcp-http-server.mjs", authority);
    await startServer("issues.test", "mcp-http-server.mjs", authority);
    await grant("github", "github.test", keys.github);
    await grant("wiki", "wiki.test", keys.wiki);
    await grant("issues", "issues.test", keys.issues);

    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    const spec = {
      approvalPolicy: "never",
      caCertificates: [authority.certificate],
      modelProvider: { baseUrl: `http://${await hostAddress()}:${model.port}/v1` },
      mcpServers: {
        wiki: { url: "https://wiki.test/mcp", grant: "wiki", defaultToolsApprovalMode: "approve" },
      },
      grants: ["openai", "github", "wiki", "issues"],
      github: { allow: ["read:*", "write:octocat/hello"] },
    } as const;
    workspace = await up(cli, name, spec, { OPENAI_API_KEY: keys.openai });
    await docker(["network", "connect", outside, `codex-workspace-${name}-model-gateway`]);
  });
  afterAll(async () => {
    for (const host of ["github.test", "wiki.test", "issues.test"])
      await docker(["rm", "--force", `${outside}-${host}`]);
    for (const resource of closing) await resource[Symbol.asyncDispose]();
    await runDocker(["network", "rm", outside]);
  });

  test("asks its model with the key that was granted", async () => {
    expect(await workspace.ask("#model: say granted")).toBe("granted");
    expect((await model.waitForRequest(1)).headers.authorization).toBe(`Bearer ${keys.openai}`);
  });

  test("has a turn call the tool of an MCP server, which gets its token from the gateway", async () => {
    expect((await workspace.post("/v1/sessions", { name: "tools" })).status).toBe(201);
    const call = "#model: code text(JSON.stringify(await tools.mcp__wiki__lookup({})))";
    const { id } = await workspace.enqueue(call, {}, "tools");
    expect(await workspace.ended(id, "tools")).toMatchObject({
      state: "completed",
      finalMessage: expect.stringContaining("found it") as string,
    });
    const sent = (await arrivals("wiki.test")).map(
      ({ arrived, headers }) => `${arrived} ${headers?.["authorization"]}`,
    );
    expect([...new Set(sent)]).toEqual([`/mcp Bearer ${keys.wiki}`]);
    const config = await shell(name, "1000", "cat /home/codex/.codex/config.toml");
    expect(config).toContain('url = "http://127.0.0.1:3285/mcp/wiki"');
  });

  test("asks the host of a bearer token by what GRANTS_URL says", async () => {
    const put = `fetch(process.env.GRANTS_URL + "/issues/a%2Fb?x=1", { method: "PUT", headers: { authorization: "mine" } })`;
    const ask = `node -e '${put}.then((a) => a.text()).then(console.log)'`;
    for (const said of [await shell(name, "1000", ask), await workspace.ask(`#model: run ${ask}`)]) {
      expect(said).toContain('{"method":"PUT","url":"/a%2Fb?x=1"}');
    }
    expect(await arrivals("issues.test")).toMatchObject(
      Array(2).fill({ arrived: "/a%2Fb?x=1", headers: { authorization: `Bearer ${keys.issues}` } }),
    );
  });

  test("clones, fetches and pushes at GitHub's addresses what it may, and no more", async () => {
    const git = (script: string): Promise<string> =>
      shell(name, "1000", `cd /tmp && export HOME=/tmp && git config --global user.name a && ${script} 2>&1`);
    const commit = "git config user.email a@b.c && git commit -q --allow-empty -m One && git push";
    expect(await git("git clone -q git@github.test:octocat/hello.git && cd hello && git fetch")).toBe("");
    expect(await git(`cd hello && ${commit}`)).toContain("-> ");
    expect(await git(`git clone -q https://github.test/octocat/guide && cd guide && ${commit}`)).toContain(
      "remote: The GitHub grant of this workspace does not allow this for this repository.",
    );
    const pushed = (await arrivals("github.test")).filter(({ arrived }) => arrived?.includes("git-receive-pack"));
    expect(pushed.map(({ arrived }) => arrived?.split("/").slice(0, 3).join("/"))).toEqual(
      Array(pushed.length).fill("/octocat/hello.git"),
    );
    expect(pushed.length).toBeGreaterThan(1);
    expect(await workspace.ask("#model: run git ls-remote ssh://git@github.test/octocat/guide 2>&1")).toContain("HEAD");
    const api = `node -e 'fetch(process.env.GITHUB_API_URL + "/repos/octocat/guide").then((a) => a.text()).then(console.log)'`;
    expect(await workspace.ask(`#model: run ${api}`)).toContain('"url":"/api/v3/repos/octocat/guide"');
  });

  test("has none of the keys, which are in two files of the model gateway", async () => {
    const containers = ["", "-config", "-model-gateway", "-egress-proxy"].map(
      (part) => `codex-workspace-${name}${part}`,
    );
    const inspected = await docker(["inspect", ...containers]);
    const environments = await shell(name, "0", "env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'");
    for (const key of Object.values(keys)) expect(inspected + environments).not.toContain(key);
    const find = (container: string): Promise<string> => {
      const patterns = Object.values(keys).flatMap((key) => ["-e", key]);
      const search = `grep -rlsF ${patterns.join(" ")} /etc /home /run /workspace; true`;
      const there = ["--volumes-from", container, "--label", testLabel, "--entrypoint", "sh"];
      return testImage().then((image) => docker(["run", "--rm", "--user", "0", ...there, image, "-c", search]));
    };
    expect(await find(`codex-workspace-${name}`)).toBe("");
    expect((await find(`codex-workspace-${name}-model-gateway`)).split("\n").toSorted()).toEqual([
      "/etc/gateway/credentials.conf",
      "/etc/gateway/model-key",
    ]);
  });

  test("goes on with a key that was granted anew", async () => {
    await grant("issues", "issues.test", "canary-of-tomorrow");
    const again = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name], {
      env: { OPENAI_API_KEY: keys.openai },
    });
    expect(again).toMatchObject({ change: "tokens" });
    const ask = `node -e 'fetch(process.env.GRANTS_URL + "/issues/anew").then((a) => console.log(a.status))'`;
    await until(async () => {
      await shell(name, "1000", ask);
      const { headers } = (await arrivals("issues.test")).at(-1) ?? {};
      return headers?.["authorization"] === "Bearer canary-of-tomorrow";
    }, "the key that was granted anew");
  });
});
