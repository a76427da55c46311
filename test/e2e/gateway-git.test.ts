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
    const REPOSITORIES = "octocat/hello,octocat/guide,octocat/branches,other/hello";
    server = await gateways.startGitServer("github.test", { REPOSITORIES, TOKEN: token, DEFAULT_BRANCH: "main" });
    const rules = ["write:octocat/hello", "push:octocat/branches", "read:octocat/*"].map(
      (rule) => readGitHubRule(rule) as GitHubRule,
    );
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

  describe("where branches may be pushed", () => {
    const directory = "/tmp/branches";
    const push = (...args: readonly string[]): Promise<DockerRun> => git("-C", directory, "push", ...args);
    const refs = async (): Promise<string[]> =>
      (await git("ls-remote", "https://github.com/octocat/branches")).stdout.split("\n").map((line) => line.slice(41));
    /** Before a large push git asks with four bytes whether it may push at all. */
    const pushes = async (): Promise<number> =>
      (await gateways.arrivals(server, "octocat/branches/git-receive-pack")).filter(
        ({ headers }) => headers?.["content-length"] !== "4",
      ).length;

    beforeAll(async () => {
      expect(await clone("octocat/branches", directory)).toMatchObject({ exitCode: 0 });
      await commit(directory);
      await git("-C", directory, "tag", "v1");
    });

    test("a branch is pushed, updated and forced", async () => {
      expect(await push("--quiet", "origin", "HEAD:feature")).toMatchObject({ exitCode: 0, stderr: "" });
      await commit(directory);
      expect(await push("origin", "HEAD:feature", "HEAD:refs/heads/two")).toMatchObject({ exitCode: 0 });
      expect(await push("--force", "origin", "HEAD~1:feature")).toMatchObject({ exitCode: 0 });
      expect(await refs()).toEqual(["HEAD", "refs/heads/feature", "refs/heads/main", "refs/heads/two"]);
    });

    test("a push that is larger than git's buffer arrives, and one above the bound is refused in words", async () => {
      const file = (name: string, mebibytes: number): Promise<DockerRun> =>
        gateways.run(["sh", "-c", `head -c ${mebibytes}M /dev/urandom >${directory}/${name}`]);
      const commitAll = async (): Promise<void> => {
        await git("-C", directory, "add", "--all");
        await commit(directory);
      };
      await file("large", 8);
      await commitAll();
      expect(await push("origin", "HEAD:large")).toMatchObject({ exitCode: 0 });
      await file("huge", 40);
      await commitAll();
      const before = await refs();
      const { exitCode, stderr } = await push("origin", "HEAD:huge");
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("413")]);
      expect(await refs()).toEqual(before);
      await git("-C", directory, "reset", "--quiet", "--hard", "HEAD~2");
    });

    test.each([
      ["the default branch", ["HEAD:main"], "main (the grant does not allow the default branch)"],
      ["the default branch by force", ["--force", "HEAD~1:refs/heads/main"], "does not allow the default branch"],
      ["a branch together with the default one", ["HEAD:other", "HEAD:main"], "other (another branch of this push"],
      ["a tag", ["v1"], "v1 (the grant allows branches only)"],
      ["any other ref", ["HEAD:refs/changes/1"], "refs/changes/1 (the grant allows branches only)"],
      ["a deletion", ["--delete", "feature"], "feature (the grant does not allow deletion of branches)"],
      ["everything, to make it the same", ["--mirror"], "the grant"],
    ])("%s is refused in words, and never arrives", async (_, args, words) => {
      const [before, arrived] = [await refs(), await pushes()];
      const { exitCode, stderr } = await push(
        ...(args[0] === "--mirror" ? ["--mirror", "origin"] : ["origin", ...args]),
      );
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(words)]);
      expect([await refs(), await pushes()]).toEqual([before, arrived]);
    });

    test.each([
      ["an encoded slash", "/octocat%2Fbranches/git-receive-pack"],
      ["an encoded letter", "/octocat/branches/git-receive%2Dpack"],
      ["two slashes", "//octocat//branches//git-receive-pack"],
      ["other letters", "/OCTOCAT/Branches/GIT-RECEIVE-PACK"],
      ["a dot segment", "/octocat/branches/./git-receive-pack"],
      ["the rule's inner way", "/../push/octocat/branches/git-receive-pack"],
      ["a parameter", "/octocat/branches/git-receive-pack?a=b"],
    ])("a path with %s leads past no check", async (_, path) => {
      const arrived = await pushes();
      const command = `${"1".repeat(40)} ${"2".repeat(40)} refs/heads/main\0 report-status`;
      const body = `${(command.length + 4).toString(16).padStart(4, "0")}${command}0000PACK`;
      for (const headers of [{}, { "x-http-method-override": "POST" }, { "content-encoding": "gzip" }]) {
        const url = `${gateway}${gatewayRoutes.githubGit}${path}`;
        const { text = "" } = await gateways.ask({ url, method: "POST", body, headers });
        expect(text).toMatch(/grant|404|400/);
      }
      expect(await pushes()).toBe(arrived);
    });
  });

  test("a large push by `write` arrives", async () => {
    expect(await clone("octocat/hello", "/tmp/large")).toMatchObject({ exitCode: 0 });
    await gateways.run(["sh", "-c", "head -c 40M /dev/urandom >/tmp/large/large"]);
    await git("-C", "/tmp/large", "add", "--all");
    await commit("/tmp/large");
    expect(await git("-C", "/tmp/large", "push", "origin", "HEAD:large")).toMatchObject({ exitCode: 0 });
  }, 60_000);

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
    ["POST", "/repos/octocat/branches/pulls", 200],
    ["POST", "/repos/octocat/branches/issues/1/comments", 200],
    ["PUT", "/repos/octocat/branches/pulls/1/merge", 403],
    ["POST", "/repos/octocat/branches/pulls/1/reviews", 403],
    ["POST", "/repos/octocat/branches/pulls/%2e%2e/hooks", 403],
    ["POST", "/repos/octocat/branches/hooks", 403],
    ["POST", "/repos/octocat/branches/keys", 403],
    ["DELETE", "/repos/octocat/branches", 403],
    ["PATCH", "/repos/octocat/branches/git/refs/heads/main", 403],
    ["GET", "/repos/other/hello", 403],
    ["POST", "/graphql", 403],
    ["GET", "/user", 403],
  ])("of the API, %s %s is answered with %i", async (method, path, expected) => {
    const { status, text } = await gateways.ask({ url: `${gateway}${gatewayRoutes.githubApi}${path}`, method });
    expect(status).toBe(expected);
    if (expected === 200) expect(JSON.parse(text ?? "")).toMatchObject({ method, url: `/api/v3${path}` });
    else expect(text).toContain("The GitHub grant of this workspace does not allow this request.");
  });

  test("the log says which rule let what through", async () => {
    const entries = (await gateways.trace("model-gateway", "github.test")).map(
      ({ decision, rule }) => `${decision} ${rule}`,
    );
    expect([...new Set(entries)].sort()).toEqual([
      "allowed github:push:octocat/branches",
      "allowed github:read:octocat/*",
      "allowed github:write:octocat/hello",
      "denied none",
    ]);
    expect(await gateways.logs("model-gateway")).not.toContain(token);
  });
});
