import { gatewayRoutes, type GitHubRule, readGitHubRule, renderModelGateway, Secret } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DockerRun, withoutDocker } from "../support/docker.ts";
import { relayPorts, TestGateways } from "../support/gateways.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/gateway-git.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("git and GitHub's API through the gateway", () => {
  const token = "ghp_canary0123456789";
  const gateway = `http://127.0.0.1:${relayPorts.model}`;
  const refusal = "The GitHub grant of this workspace does not allow this for this repository.";
  let gateways: TestGateways;
  let server: string;

  beforeAll(async () => {
    gateways = await TestGateways.create();
    const REPOSITORIES = "octocat/hello,octocat/guide,other/hello";
    server = await gateways.startGitServer("github.test", { REPOSITORIES, TOKEN: token });
    const rules = ["write:octocat/hello", "read:octocat/*"].map((rule) => readGitHubRule(rule) as GitHubRule);
    const github = {
      gitUrl: "http://github.test",
      apiUrl: "http://github.test/api/v3",
      token: new Secret(token),
      rules,
    };
    const plan = { model: undefined, github, mcpServers: [], grants: [], publishedPorts: [], caCertificates: [] };
    await gateways.start("model-gateway", renderModelGateway(plan));
    await gateways.startClient();
    const insteadOf = `url.${gateway}${gatewayRoutes.githubGit}/.insteadOf`;
    await gateways.shell(["git", "config", "--global", insteadOf, "https://github.com/"]);
    await gateways.shell(["git", "config", "--global", "user.email", "agent@example.com"]);
    await gateways.shell(["git", "config", "--global", "user.name", "agent"]);
  });
  afterAll(() => gateways[Symbol.asyncDispose]());

  const git = (...args: readonly string[]): Promise<DockerRun> => gateways.run(["git", ...args]);
  const clone = (name: string, to: string): Promise<DockerRun> =>
    git("clone", "--quiet", `https://github.com/${name}`, to);

  async function commit(directory: string): Promise<void> {
    const { exitCode } = await git("-C", directory, "commit", "--quiet", "--allow-empty", "--message", "One more");
    expect(exitCode).toBe(0);
  }

  test("what may be written is cloned, pushed and fetched by its address at GitHub, without a credential", async () => {
    expect(await clone("octocat/hello.git", "/tmp/hello")).toMatchObject({ exitCode: 0 });
    await commit("/tmp/hello");
    expect(await git("-C", "/tmp/hello", "push", "--quiet")).toMatchObject({ exitCode: 0, stderr: "" });

    expect(await clone("octocat/hello", "/tmp/again")).toMatchObject({ exitCode: 0 });
    const { stdout } = await git("-C", "/tmp/again", "log", "--format=%s");
    expect(stdout.split("\n")).toEqual(["One more", "The first of octocat/hello"]);
    expect(await git("-C", "/tmp/again", "fetch")).toMatchObject({ exitCode: 0 });
  });

  test("what may be read is cloned, and a push to it is refused in words, before it arrives", async () => {
    expect(await clone("octocat/guide", "/tmp/guide")).toMatchObject({ exitCode: 0 });
    await commit("/tmp/guide");
    const { exitCode, stderr } = await git("-C", "/tmp/guide", "push");
    expect([exitCode, stderr]).toEqual([128, expect.stringContaining(`remote: ${refusal}`)]);
    const arrivals = await gateways.arrivals(server, "octocat/guide");
    expect(arrivals.filter(({ arrived }) => arrived?.includes("receive-pack"))).toEqual([]);
  });

  test("another's repository is not even read", async () => {
    const { exitCode, stderr } = await clone("other/hello", "/tmp/other");
    expect([exitCode, stderr]).toEqual([128, expect.stringContaining(refusal)]);
    expect(await gateways.arrivals(server, "other/hello")).toEqual([]);
  });

  test.each([
    ["GET", "/repos/octocat/guide/issues?state=open", 200],
    ["POST", "/repos/octocat/hello/issues", 200],
    ["POST", "/repos/octocat/guide/issues", 403],
    ["GET", "/repos/octocat/guide%2F..%2F..%2Fother%2Fhello", 403],
    ["GET", "/repos/other/hello", 403],
    ["POST", "/graphql", 403],
    ["GET", "/user", 403],
  ])("of the API, %s %s is answered with %i", async (method, path, expected) => {
    const { status, text } = await gateways.ask({ url: `${gateway}${gatewayRoutes.githubApi}${path}`, method });
    expect(status).toBe(expected);
    if (expected === 200) expect(JSON.parse(text ?? "")).toEqual({ method, url: `/api/v3${path}` });
    else expect(text).toContain("The GitHub grant of this workspace does not allow this request.");
  });

  test("the log says which rule let what through", async () => {
    const entries = (await gateways.trace("model-gateway", "github.test")).map(
      ({ decision, rule }) => `${decision} ${rule}`,
    );
    expect([...new Set(entries)].sort()).toEqual([
      "allowed github:read:octocat/*",
      "allowed github:write:octocat/hello",
      "denied none",
    ]);
    expect(await gateways.logs("model-gateway")).not.toContain(token);
  });
});
