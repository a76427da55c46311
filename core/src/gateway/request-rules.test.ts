import { describe, expect, test } from "vitest";
import type { GitHubRule } from "./github-rule.ts";
import { readGitHubRule } from "./github-rule.ts";
import { githubRequests, grantRequests, mcpRequests, modelRequests, type RequestRule } from "./request-rules.ts";

/** The name of the rule that allows a request, as nginx finds it: the first that fits, in any case. */
function ruleOf(rules: readonly RequestRule[], request: string): string | undefined {
  return rules.find(({ pattern }) => new RegExp(pattern, "i").test(request))?.name;
}

function github(...texts: string[]): RequestRule[] {
  const { git, api } = githubRequests(texts.map((text) => readGitHubRule(text) as GitHubRule));
  return [...git, ...api];
}

/** Method, query and path of git's requests. */
const git = {
  fetch: (path: string) => [
    `GET service=git-upload-pack /github/git/${path}/info/refs`,
    `POST  /github/git/${path}/git-upload-pack`,
  ],
  push: (path: string) => [
    `GET service=git-receive-pack /github/git/${path}/info/refs`,
    `POST  /github/git/${path}/git-receive-pack`,
  ],
};

describe("git", () => {
  test.each([
    ["read:octocat/hello", "octocat/hello", "read"],
    ["read:octocat/hello", "Octocat/Hello.git", "read"],
    ["read:octocat/*", "octocat/any-thing_1.x.git", "read"],
    ["read:*", "any/thing", "read"],
    ["write:octocat/hello", "octocat/hello.git", "write"],
    ["write:*", "any/thing", "write"],
    ["push:octocat/hello", "octocat/hello.git", "write"],
    ["push:octocat/*", "octocat/any", "write"],
    ["push:octocat/hello", "octocat/hello2", "none"],
    ["read:octocat/hello", "octocat/hello2", "none"],
    ["read:octocat/hello", "octocat2/hello", "none"],
    ["read:octocat/hello.world", "octocat/hello-world", "none"],
    ["write:octocat/hello", "evil/octocat/hello", "none"],
    ["write:octocat/*", "octocat/a/b", "none"],
  ])("%s lets who fetches and pushes %s: %s", (rule, path, access) => {
    const rules = github(rule);
    for (const request of git.fetch(path))
      expect(ruleOf(rules, request)).toBe(access === "none" ? undefined : `github:${rule}`);
    for (const request of git.push(path))
      expect(ruleOf(rules, request)).toBe(access === "write" ? `github:${rule}` : undefined);
  });

  test.each([
    "GET service=git-upload-pack&service=git-receive-pack /github/git/octocat/hello/info/refs",
    "GET  /github/git/octocat/hello/info/refs",
    "GET  /github/git/octocat/hello/HEAD",
    "POST service=git-upload-pack /github/git/octocat/hello/info/refs",
    "POST x /github/git/octocat/hello/git-upload-pack",
    "GET service=git-upload-pack /github/git/octocat/hello/info/refs?",
    // git LFS says in its body whether it reads or writes.
    "POST  /github/git/octocat/hello.git/info/lfs/objects/batch",
  ])("%s is none of git's requests", (request) => {
    expect(ruleOf(github("write:*"), request)).toBeUndefined();
  });
});

describe("GitHub's API", () => {
  test.each([
    ["read:octocat/hello", "GET per_page=2 /github/api/repos/octocat/hello/issues", true],
    ["read:octocat/hello", "HEAD  /github/api/repos/octocat/hello", true],
    ["read:octocat/hello", "POST  /github/api/repos/octocat/hello/issues", false],
    ["read:octocat/hello", "GET  /github/api/repos/octocat/hello2/issues", false],
    ["read:octocat/hello", "GET  /github/api/user", false],
    ["read:octocat/*", "GET  /github/api/repos/octocat/other/pulls/1", true],
    ["read:octocat/*", "GET  /github/api/repos/other/octocat/pulls", false],
    ["read:*", "GET  /github/api/user", true],
    ["read:*", "PATCH  /github/api/user", false],
    ["read:*", "GET query=x /github/api/graphql", false],
    ["push:octocat/hello", "GET  /github/api/repos/octocat/hello/pulls/1", true],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls", true],
    ["push:octocat/hello", "PATCH  /github/api/repos/octocat/hello/pulls/12", true],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/issues/12/comments", true],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls/12/requested_reviewers", true],
    ["push:octocat/hello", "PUT  /github/api/repos/octocat/hello/pulls/12/merge", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls/12/merge", false],
    ["push:octocat/hello", "PUT  /github/api/repos/octocat/hello/pulls/12/update-branch", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls/12/reviews", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/merges", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls/", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/pulls/../hooks", false],
    ["push:octocat/hello", "PATCH  /github/api/repos/octocat/hello", false],
    ["push:octocat/hello", "DELETE  /github/api/repos/octocat/hello", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/hooks", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/keys", false],
    ["push:octocat/hello", "POST  /github/api/repos/octocat/hello/git/refs", false],
    ["push:octocat/hello", "PUT  /github/api/repos/octocat/hello/contents/a", false],
    ["push:octocat/hello", "DELETE  /github/api/repos/octocat/hello/issues/comments/1", false],
    ["push:*", "POST  /github/api/graphql", false],
    ["write:octocat/hello", "DELETE  /github/api/repos/octocat/hello/git/refs/heads/a", true],
    ["write:octocat/hello", "POST  /github/api/graphql", false],
    ["write:*", "POST  /github/api/graphql", true],
    ["write:*", "POST  /github/git/graphql", false],
  ])("%s, %s: %s", (rule, request, allowed) => {
    expect(ruleOf(github(rule), request) !== undefined).toBe(allowed);
  });
});

test.each([
  ["POST  /v1/responses", true],
  ["GET client_version=1 /v1/models", true],
  ["GET  /v1/responses", false],
  ["POST  /v1/responses/", false],
  ["POST  /v1/responsesx", false],
  ["POST  /v1/files", false],
  ["DELETE  /v1/models", false],
  ["GET  /v1/organization/admin_api_keys", false],
])("of a model provider: %s: %s", (request, allowed) => {
  expect(ruleOf(modelRequests(), request)).toBe(allowed ? "model" : undefined);
});

test.each([
  ["POST  /mcp/wiki", true],
  ["GET  /mcp/wiki", true],
  ["DELETE  /mcp/wiki", true],
  ["PUT  /mcp/wiki", false],
  ["POST  /mcp/wiki/x", false],
  ["POST  /mcp/wiki2", false],
])("of an MCP server: %s: %s", (request, allowed) => {
  expect(ruleOf(mcpRequests("wiki"), request)).toBe(allowed ? "mcp:wiki" : undefined);
});

test.each([
  ["GET  /grants/npm.internal/", true],
  ["PROPFIND depth=1 /grants/npm.internal/a b/c", true],
  ["GET  /grants/npm.internal", false],
  ["GET  /grants/npm-internal/", false],
  ["GET  /other/grants/npm.internal/", false],
])("of a grant's host: %s: %s", (request, allowed) => {
  expect(ruleOf(grantRequests("npm.internal"), request)).toBe(allowed ? "grant:npm.internal" : undefined);
});

test.each([
  ["read:octocat/hello.world", { access: "read", owner: "octocat", repository: "hello.world" }],
  ["push:octo-cat/*", { access: "push", owner: "octo-cat", repository: "*" }],
  ["write:octo-cat/*", { access: "write", owner: "octo-cat", repository: "*" }],
  ["write:*", { access: "write", owner: "*", repository: "*" }],
  ["admin:*", { fault: expect.stringMatching(/read:, push: or write:/) as string }],
  ["read", { fault: expect.stringMatching(/read:, push: or write:/) as string }],
  ["read:octocat", { fault: expect.stringMatching(/OWNER\/REPOSITORY/) as string }],
  ["read:*/hello", { fault: expect.stringMatching(/OWNER\/REPOSITORY/) as string }],
  ["read:octocat/a/b", { fault: expect.stringMatching(/OWNER\/REPOSITORY/) as string }],
  ["read:octocat/a|b", { fault: expect.stringMatching(/OWNER\/REPOSITORY/) as string }],
  ["read:octocat/hello.git", { fault: expect.stringMatching(/without \.git/) as string }],
  ["read:octocat/..", { fault: expect.stringMatching(/name of a repository/) as string }],
])("a rule for GitHub, %s", (text, rule) => {
  expect(readGitHubRule(text)).toEqual(rule);
});
