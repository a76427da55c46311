import { Secret } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { type GrantKey, grantKeyProblems, grantProblems, resolveGrants } from "./grant-keys.ts";

const key = new Secret("key-of-the-test");
const spec = {
  grants: ["openai", "github", "wiki", "issues"],
  modelProvider: { baseUrl: "https://models.test:8443/v1" },
  mcpServers: { docs: { url: "https://wiki.test/mcp", grant: "wiki" } },
};
const grantKeys: Readonly<Record<string, GrantKey>> = {
  openai: { key },
  github: { key: { env: "GITHUB_TOKEN" } },
  wiki: { key },
  issues: { key, host: "issues.test" },
};

test("a key is for the host that the spec says, and one that is written for no other", () => {
  expect([grantKeyProblems(grantKeys), grantProblems(spec, grantKeys)]).toEqual([[], []]);
  const resolved = resolveGrants(spec, grantKeys, ({ ...reference }) => new Secret(JSON.stringify(reference)));
  expect(resolved.map(({ name, host, secret }) => [name, host, secret.reveal()])).toEqual([
    ["openai", "models.test:8443", "key-of-the-test"],
    ["github", "github.com", '{"env":"GITHUB_TOKEN"}'],
    ["wiki", "wiki.test", "key-of-the-test"],
    ["issues", "issues.test", "key-of-the-test"],
  ]);
});

const noHost = "expected a host as a URL has it, such as issues.example.com";

test.each<[unknown, string]>([
  [[], "grantKeys: expected an object with a key for each grant"],
  [{ wiki: "in-clear" }, "grantKeys.wiki: expected { key } or { key, host }"],
  [{ wiki: {} }, "grantKeys.wiki.key: expected a secret, { env: NAME } or { file: PATH }"],
  [
    { wiki: { key: { env: "A", file: "b" } } },
    "grantKeys.wiki.key: expected a secret, { env: NAME } or { file: PATH }",
  ],
  [{ wiki: { key, port: 1 } }, "grantKeys.wiki.port: unknown; allowed here: key, host"],
  [{ "a.b": { key, host: "https://issues.test" } }, `grantKeys."a.b".host: ${noHost}`],
  [{ wiki: { key, host: "Issues.test" } }, `grantKeys.wiki.host: ${noHost}`],
  [{ wiki: { key, host: "issues.test:443" } }, `grantKeys.wiki.host: ${noHost}`],
  [{ wiki: { key, host: 1 } }, `grantKeys.wiki.host: ${noHost}`],
])("%j is refused without being shown", (given, problem) => {
  expect(grantKeyProblems(given).map(({ path, message }) => `${path}: ${message}`)).toEqual([problem]);
});
