import { inspect } from "node:util";
import { expect, test } from "vitest";
import { fullSpec, planOf } from "../../test-support/plan-of.ts";
import { CODEX_PIN } from "../codex-release.ts";
import { parseToml } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";
import { isSecretReference, Secret } from "../secret.ts";
import { parseSpec } from "./parse-spec.ts";

function refusalOf(spec: unknown): WorkspaceError {
  try {
    parseSpec(spec);
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(spec)}`);
}

/** The problems as a person reads them. */
function problemsOf(spec: unknown): string[] {
  return refusalOf(spec).problems.map(({ path, message }) => `${path}: ${message}`);
}

/** `api.port` and 3 as `{ api: { port: 3 } }`. */
function nested(path: string, value: unknown): unknown {
  return path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);
}

test("an empty spec is a workspace, and a full one is taken as it is", () => {
  expect(parseSpec({})).toEqual({});
  expect(parseSpec(fullSpec)).toEqual(fullSpec);
});

test("all problems come at once, each with the path a user would look for", () => {
  const error = refusalOf({
    workdir: "src",
    sandboxMode: "full",
    networkAccess: "yes",
    api: { port: 70000, hosts: ["localhost", "localhost:80"] },
    labels: { "team.name": 3 },
  });
  expect(error.code).toBe("SPEC_INVALID");
  expect(error.message).toBe("the spec has 6 problems");
  expect(error.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'workdir: expected an absolute path without `..`, got "src"',
    'sandboxMode: expected one of "read-only", "workspace-write", "danger-full-access", got "full"',
    'networkAccess: expected true or false, got "yes"',
    "api.port: expected a port from 1 to 65535, or 0 for a free one, got 70000",
    'api.hosts[1]: expected a host name without scheme and port (IPv6 in brackets), or `*`, got "localhost:80"',
    'labels."team.name": expected a string, got 3',
  ]);
});

test.each([
  [undefined, "spec: expected an object, got undefined"],
  [null, "spec: expected an object, got null"],
  [[], "spec: expected an object, got a list"],
  ["workdir: /srv", 'spec: expected an object, got "workdir: /srv"'],
])("%j is no spec", (spec, problem) => {
  expect(problemsOf(spec)).toEqual([problem]);
});

test.each([
  [{ sandbox_mode: "read-only" }, "sandbox_mode: unknown; did you mean `sandboxMode`?"],
  [{ api: { prot: 80 } }, "api.prot: unknown; did you mean `port`?"],
  [{ image: { build: { base_image: "debian" } } }, "image.build.base_image: unknown; did you mean `baseImage`?"],
  [{ api: { colour: 1 } }, "api.colour: unknown; allowed here: port, hosts, origins, token, tokens, auth, limits"],
  [{ mcp_servers: {} }, "mcp_servers: unknown; did you mean `mcpServers`?"],
  [{ web_hooks: [] }, "web_hooks: unknown; did you mean `webhooks`? That is not in force in this release"],
])("an unknown key in %j is met with the nearest known one", (spec, problem) => {
  expect(problemsOf(spec)).toEqual([problem]);
});

test("keys that objects inherit are unknown like any other", () => {
  for (const key of ["__proto__", "constructor", "toString"]) {
    const spec: unknown = JSON.parse(`{"${key}": {"workdir": "/srv"}}`);
    expect(problemsOf(spec)).toEqual([expect.stringMatching(`^${key}: unknown; allowed here: workdir, project`)]);
  }
});

test("an input that is known but not in force is refused by name", () => {
  const error = refusalOf({ webhooks: [] });
  expect(error.code).toBe("SPEC_NOT_IN_FORCE");
  expect(error.message).toBe("this release does not act on `webhooks` yet");
  expect(error.problems).toEqual([{ path: "webhooks", message: "known, but not in force in this release" }]);
  expect(parseSpec({ webhooks: undefined })).toEqual({ webhooks: undefined });
});

test("beside other problems it is one of them", () => {
  const error = refusalOf({ webhooks: [], workdir: "src" });
  expect(error.code).toBe("SPEC_INVALID");
  expect(error.problems.map(({ path }) => path)).toEqual(["workdir", "webhooks"]);
});

test("one that is wrong is told as that, with every fault", () => {
  const error = refusalOf({ network: { allow: ["*.com", "a.test"], ports: [0], mod: "open" }, webhooks: [] });
  expect(error.code).toBe("SPEC_INVALID");
  expect(error.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'network.allow[0]: would allow whoever has a name there: expected *.NAME of one owner, got "*.com"',
    "network.ports[0]: expected a port from 1 to 65535, got 0",
    "network.mod: unknown; did you mean `mode`?",
    "webhooks: known, but not in force in this release",
  ]);
});

test.each([
  ["network", [{}, { mode: "open" }, { mode: "restricted" }], ["open", null, { mode: "closed" }]],
  ["network.allow", [[], ["a.test", "*.b.test:8443"]], ["a.test", ["*"], ["https://a.test"], [443]]],
  ["network.presets", [[], ["npm", "pypi", "debian", "crates", "go", "github"]], [["rubygems"], "npm"]],
  [
    "network.upstreamProxy",
    ["http://proxy.example.com:3128", { env: "COMPANY_PROXY" }],
    ["proxy:3128", "https://proxy.example.com", "http://me:secret@proxy.example.com", "http://proxy/?a"],
  ],
  ["network.ports", [[], [1, 65535]], [[0], [65536], [80.5], ["80"], 80, [3284], [3285], [3286]]],
  [
    "grants",
    [[], ["openai", "my-key_2.old"]],
    [["a/b"], ["a\\b"], ["a..b"], [""], ["a b"], [".a"], ["\x1b[2J"], "openai", [1]],
  ],
])("%s is checked", (path, good, bad) => {
  for (const value of good) expect(parseSpec(nested(path, value))).toEqual(nested(path, value));
  for (const value of bad) {
    const { code, problems } = refusalOf(nested(path, value));
    expect([code, ...problems.map((problem) => problem.path)]).toEqual(["SPEC_INVALID", expect.stringContaining(path)]);
  }
});

test("an open network takes nothing that would limit it", () => {
  const network = { mode: "open", allow: [], presets: ["npm"] };
  const message = "means nothing where the network is open";
  expect(problemsOf({ network })).toEqual([
    expect.stringContaining(`network.allow: ${message}`),
    expect.stringContaining(`network.presets: ${message}`),
  ]);
  const open = { mode: "open", ports: [3000], upstreamProxy: "http://proxy.example.com:3128" } as const;
  expect(parseSpec({ network: open })).toEqual({ network: open });
});

test("a rule for GitHub is checked", () => {
  const github = { allow: ["read:octocat/hello", "push:octocat/hello", "write:octocat/*", "read:*"] };
  expect(parseSpec({ github })).toEqual({ github });
  expect(parseSpec({ github: {} })).toEqual({ github: {} });
  expect(problemsOf({ github: { allow: [] } })).toEqual([
    expect.stringContaining("github.allow: expected at least one"),
  ]);
  expect(problemsOf({ github: { allow: ["read:*", "admin:*"] } })).toEqual([
    'github.allow[1]: expected read:, push: or write: and OWNER/REPOSITORY, OWNER/* or *, got "admin:*"',
  ]);
});

test.each([
  ["webhooks", [[], [{ url: "https://a.test/x?y" }]], [{}, "https://a.test", [{}], [{ url: "https://a.test", to: 1 }]]],
  [
    "webhooks[0].url",
    ["https://a.test", "http://localhost:1/x", "http://127.0.0.1", "http://[::1]:80"],
    ["http://a.test", "http://localhost.a.test", "a.test", "ftp://a.test", "https://a:b@a.test", "https://a.test/#b"],
  ],
  ["webhooks[0].events", [["status"], ["turn", "approval"]], [[], ["all"], "turn"]],
  ["webhooks[0].secret", [{ env: "A" }, { file: "a" }], ["secret", {}, 1]],
])("%s is checked before it is in force", (path, good, bad) => {
  const specWith = (value: unknown): unknown => {
    const [, key] = /^webhooks\[0\]\.(\w+)$/.exec(path) ?? [];
    return key === undefined ? nested(path, value) : { webhooks: [{ url: "https://a.test", [key]: value }] };
  };
  for (const value of good) expect(refusalOf(specWith(value)).code).toBe("SPEC_NOT_IN_FORCE");
  for (const value of bad) {
    const { code, problems } = refusalOf(specWith(value));
    expect([code, ...problems.map((problem) => problem.path)]).toEqual(["SPEC_INVALID", expect.stringContaining(path)]);
  }
});

test.each(["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "BASH_ENV"])(
  "a variable that steers every program is rejected: %s",
  (name) => {
    const problem = expect.stringContaining("makes every program load code from another place") as string;
    expect(problemsOf({ env: { [name]: "/workspace" } })).toEqual([problem]);
    expect(problemsOf({ env: { [name]: { env: "A" } } })).toEqual([problem]);
    expect(problemsOf({ shellEnvironmentPolicy: { set: { [name]: "/workspace" } } })).toEqual([problem]);
    const mcpServers = { docs: { command: "docs", env: { [name]: "/opt/lib" } } };
    expect(parseSpec({ mcpServers })).toEqual({ mcpServers });
  },
);

test.each(["PATH", "NODE_OPTIONS", "ENV", "LDFLAGS", "ld_preload", "BUILD_LD_PATH"])(
  "a variable that other programs may need is taken: %s",
  (name) => {
    const set = { [name]: "value" };
    const spec = { env: set, shellEnvironmentPolicy: { set } };
    expect(parseSpec(spec)).toEqual(spec);
  },
);

test("only at the root: below it the same word is a typo", () => {
  expect(problemsOf({ api: { network: true } })).toEqual([
    "api.network: unknown; allowed here: port, hosts, origins, token, tokens, auth, limits",
  ]);
});

test.each([
  { api: { token: "sk-do-not-show" } },
  { api: { tokens: ["sk-do-not-show"] } },
  { api: { tokens: [{ name: "ci", token: "sk-do-not-show", scopes: ["read"] }] } },
  { api: { tokens: [{ name: "sk do not show: sk-do-not-show", token: { env: "A" }, scopes: ["read"] }] } },
  { api: { token: { value: "sk-do-not-show" } } },
  { api: { token: { env: "TOKEN", file: "sk-do-not-show" } } },
  { modelProvider: { baseUrl: "https://models.example.com", apiKey: "sk-do-not-show" } },
  { modelProvider: { baseUrl: "https://models.example.com", apikey: "sk-do-not-show" } },
  { modelProvider: { baseUrl: "https://x:sk-do-not-show@models.example.com" } },
  { modelProvider: { baseUrl: "https://x:sk-do-not-show/@@models.example.com" } },
  { modelProvider: { baseUrl: "https//x:sk-do-not-show@models.example.com" } },
  { modelProvider: { baseUrl: "https://models.example.com/v1?key=sk-do-not-show" } },
  { api: { origins: ["https://x:sk-do-not-show@example.com"] } },
  { env: { KEY: { value: "sk-do-not-show" } } },
  { env: { KEY: ["sk-do-not-show"] } },
  { openaiApiKey: "sk-do-not-show" },
  { mcpServers: { docs: { url: "https://docs.example.com", bearerTokenEnvVar: "sk-do-not-show" } } },
  { mcpServers: { docs: { url: "https://docs.example.com", httpHeaders: { Authorization: "sk-do-not-show" } } } },
  { mcpServers: { docs: { url: "https://docs.example.com", envHttpHeaders: { "X-Key": "sk-do-not-show" } } } },
  { mcpServers: { docs: { url: "https://x:sk-do-not-show@docs.example.com" } } },
  { mcpServers: { docs: { command: "docs", env: ["sk-do-not-show"] } } },
  { openai_api_key: "sk-do-not-show" },
  { webhooks: [{ url: "https://hooks.example.com", secret: "sk-do-not-show" }] },
  { webhooks: [{ url: "http://hooks.example.com/sk-do-not-show" }] },
  { network: { upstreamProxy: "http://me:sk-do-not-show@proxy.example.com" } },
])("a secret in clear is refused and shown nowhere (%#)", (spec) => {
  const error = refusalOf(spec);
  const shown = [String(error), error.stack, error.remedy, JSON.stringify(error), JSON.stringify(error.problems)];
  shown.push(inspect(error, { depth: 10, showHidden: true }));
  for (const text of shown) expect(text).not.toContain("sk-do-not-show");
});

test("what api.tokens has wrong is told by token", () => {
  const token = (more: object): object => ({ name: "ci", token: { env: "A" }, scopes: ["read"], ...more });
  expect(problemsOf({ api: { tokens: [token({}), token({ token: { env: "B" } })] } })).toEqual([
    "api.tokens[1].name: is the name of another token",
  ]);
  expect(problemsOf({ api: { tokens: [token({ scope: ["read"] })] } })).toEqual([
    "api.tokens[0].scope: unknown; did you mean `scopes`?",
  ]);
});

test("a moment of TOML is a moment", () => {
  const { tokens: [token] = [] } =
    parseSpec({
      api: {
        tokens: [
          {
            name: "ci",
            token: { env: "A" },
            scopes: ["read"],
            expiresAt: parseToml("at = 2027-01-31T12:00:00+01:00", { layer: "spec" })["at"],
          },
        ],
      },
    }).api ?? {};
  expect(Date.parse(token?.expiresAt ?? "")).toBe(Date.UTC(2027, 0, 31, 11));
});

test("an API without tokens refuses what would contradict it", () => {
  const tokens = [{ name: "ci", token: { env: "A" }, scopes: ["read"] }];
  expect(
    problemsOf({ api: { auth: "none", token: { env: "A" }, tokens, hosts: ["*"], origins: ["*"] } }).map(
      (problem) => problem.split(":")[0],
    ),
  ).toEqual(["api.token", "api.tokens", "api.hosts", "api.origins"]);
  expect(parseSpec({ api: { auth: "none", hosts: ["localhost"], origins: ["http://localhost:3000"] } })).toBeDefined();
});

test("a secret is a Secret, or where to find one", () => {
  for (const token of [new Secret("value"), { env: "TOKEN" }, { file: "token.txt" }]) {
    expect(parseSpec({ api: { token } })).toEqual({ api: { token } });
  }
});

const digest = `registry.example.com:5000/codex@sha256:${"0".repeat(64)}`;
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

test.each<[path: string, allowed: readonly unknown[], refused: readonly unknown[]]>([
  ["workdir", ["/srv", "/srv/a b", "/srv/..a"], ["", "srv", "/", "//", "/./", "/a/../b", "/..", "/a\0", 1, null]],
  ["project", [{ bind: "/srv" }, { volume: "src" }], [{}, { bind: "/srv", volume: "src" }, "/srv"]],
  ["project.bind", ["/srv"], [".", "~/src", "/"]],
  ["project.volume", ["src", "a.b_c-1"], ["", "-a", "/srv", "a b"]],
  ["image", [{ prebuilt: digest }, { build: {} }], [{}, { prebuilt: digest, build: {} }, digest]],
  ["image.prebuilt", [digest], ["codex", "codex:latest", "codex@sha256:12"]],
  ["image.build.baseImage", ["debian", "debian:bookworm", digest], ["", "debian bookworm", 12]],
  ["image.build.nodeImage", ["node:24"], ["", "node 24"]],
  ["image.build.aptPackages", [[], ["jq", "g++", "libc6-dev=2.36"]], [["Jq"], ["--yes"], ["a b"], ["a;b"], "jq"]],
  ["image.build.setupScript", ["", "#!/bin/bash\n"], [["apt-get update"]]],
  ["image.build.extraCaCertificates", [[], [pem], [` ${pem}`]], [pem, ["ca.pem"], [`${pem}x`]]],
  ["image.build.keepExtraCaCertificates", [true, false], ["true", 1]],
  [
    "image.build.httpProxy",
    ["http://proxy.example.com:3128", "https://10.0.0.1", { env: "HTTP_PROXY" }, { file: "proxy.url" }],
    ["", "proxy.example.com:3128", "socks5://proxy", "http://user:password@proxy", {}],
  ],
  ["image.build.httpsProxy", ["http://proxy:3128", { env: "HTTPS_PROXY" }], ["proxy", "http://user@proxy", 3128]],
  ["image.build.noProxy", [[], ["localhost", ".example.com", "10.0.0.0/8"]], ["localhost", [""], ["a,b"], ["a b"]]],
  ["resources.memoryMiB", [256], [255, 300.5, "2g"]],
  ["resources.cpus", [0.01, 2], [0, -1, "1"]],
  ["resources.pids", [64], [63, 100.5, -1]],
  ["resources.shmMiB", [1], [0]],
  ["resources.tmpMiB", [1], [0, "64m"]],
  [
    "env",
    [{}, { CI: "", A_1: "b", TOKEN: { env: "TOKEN" }, KEY: { file: "key" } }],
    [{ CI: 1 }, { "A B": "" }, { HOME: "/" }, { CODEX_HOME: "/" }, { CODEX_WORKSPACE_X: "" }, { A: "\0" }, { A: {} }],
  ],
  ["caCertificates", [[], [pem]], [pem, ["ca.pem"]]],
  ["codexVersion", ["0.169.0", "1.2.3-alpha.1"], ["", "latest", "0.169", "^0.169.0", "v0.169.0", ">=0.1.0", 0.1]],
  ["installCodex", [true, false], ["no", 0]],
  [
    "permissions",
    [
      ":read-only",
      ":workspace",
      ":danger-full-access",
      {},
      { extends: ":workspace", filesystem: { "/srv/cache": "write", ":tmpdir": "read" }, networkAccess: true },
    ],
    [
      "workspace",
      ":other",
      "",
      { extends: ":danger-full-access" },
      { extends: "mine" },
      { filesystem: { ":root": "write" } },
      { filesystem: { "/": "write" } },
      { filesystem: { "srv/cache": "write" } },
      { filesystem: { "/srv/../etc": "write" } },
      { filesystem: { "/srv/": "write" } },
      { filesystem: { "/srv": "execute" } },
      { network: { enabled: true } },
    ],
  ],
  ["sandboxMode", ["read-only", "workspace-write", "danger-full-access"], ["none", "", true]],
  [
    "approvalPolicy",
    [
      "on-request",
      "never",
      "untrusted",
      "on-failure",
      { granular: { sandboxApproval: true, rules: false, mcpElicitations: true } },
      {
        granular: {
          sandboxApproval: true,
          rules: true,
          mcpElicitations: true,
          requestPermissions: true,
          skillApproval: true,
        },
      },
    ],
    ["always", { granular: {} }, { granular: { sandboxApproval: true, rules: true } }, {}],
  ],
  ["networkAccess", [true, false], ["false", 0, null]],
  ["writableRoots", [[], ["/srv"]], [["srv"], ["/"], "/srv"]],
  ["fullAuto", [true, false], ["true", 1]],
  ["trustProject", [true, false], ["true", 1]],
  ["model", ["gpt-5.4"], ["", 5]],
  ["reviewModel", ["gpt-5.4"], ["", 5]],
  ["modelReasoningEffort", ["high"], [" ", true]],
  ["serviceTier", ["priority"], ["", 1]],
  ["personality", ["none", "friendly", "pragmatic"], ["", "rude"]],
  ["modelContextWindow", [1, 200_000], [0, -1, 1.5, "200000"]],
  ["modelAutoCompactTokenLimit", [1], [0, Infinity]],
  ["modelAutoCompactTokenLimitScope", ["total", "body_after_prefix"], ["all"]],
  ["toolOutputTokenLimit", [1], [0]],
  ["shellEnvironmentPolicy.inherit", ["all", "core", "none"], ["some"]],
  ["shellEnvironmentPolicy.exclude", [[], ["AWS_*"]], ["AWS_*", [""]]],
  ["shellEnvironmentPolicy.set", [{}, { CI: "1" }], [{ CI: 1 }, ["CI"]]],
  ["notify", [["true"]], [[], "true"]],
  ["agents.maxThreads", [1], [0]],
  ["features", [{}, { goals: true }], [{ goals: "on" }, { "web-search": true }, { plugins: true }, ["goals"]]],
  [
    "mcpServers",
    [{}, { "docs-1_a": { command: "docs" } }],
    [{ "a b": { command: "docs" } }, { docs: "docs" }, ["docs"]],
  ],
  ["mcpServers.docs", [{ url: "http://127.0.0.1:1/mcp?x=y" }], [{ url: "docs.example.com" }, { url: "file:///etc" }]],
  [
    "mcpServers.docs",
    [{ command: "a", envVars: ["A_1"], startupTimeoutSec: 0.5, tools: { "a b": { approvalMode: "writes" } } }],
    [
      { command: "a", envVars: ["A=1"] },
      { command: "a", envVars: ["CODEX_WORKSPACE_MODEL_KEY"] },
      { command: "a", env: { "A B": "1" } },
      { command: "a", cwd: "src" },
      { command: "a", startupTimeoutSec: 0 },
      { command: "a", tools: { read: { approvalMode: "never" } } },
    ],
  ],
  ["baseConfigToml", ["", "model = 1"], [{}, 1]],
  ["modelProvider", [{ baseUrl: "https://models.example.com" }], [{}, "https://models.example.com"]],
  [
    "modelProvider.baseUrl",
    ["https://models.example.com/v1", "http://127.0.0.1:8787/v1"],
    ["", "models.example.com", "ftp://models.example.com", "https://models.example.com/#v1", "file:///etc/passwd"],
  ],
  [
    "modelProvider",
    [
      {
        baseUrl: "https://x.example.com",
        keyHeader: "api-key",
        organization: "org-1",
        queryParams: { "api-version": "1" },
      },
    ],
    [
      { baseUrl: "https://x.example.com", keyHeader: "X-Key" },
      { baseUrl: "https://x.example.com", organization: 'org"' },
      { baseUrl: "https://x.example.com", queryParams: { "api-version": "1&x=2" } },
      { baseUrl: "https://x.example.com", queryParams: { "": "1" } },
    ],
  ],
  ["modelLimits.requestsPerMinute", [1, 60_000], [0, 1.5, 60_001, "60"]],
  ["modelLimits.concurrentRequests", [1, 256], [0, 1.5, 257, "8"]],
  ["modelLimits.tokensPerDay", [1, 1_000_000_000], [0, 1.5, "1000"]],
  ["extraSettings", ["", "model = 1", {}, { a: { b: [1] } }], [1, null, ["a"], true]],
  ["profiles", [{}, { deep: {} }, { "deep-2_x": 'model = "a"' }], ["deep", [], { deep: 1 }, { "a b": {} }, { "": {} }]],
  ["systemPrompt", ["", "Be brief."], [["Be brief."], null]],
  ["projectSystemPrompt", [{ text: "" }, { text: "a", changeTrackedFile: false }], [{}, "Be brief.", { text: 1 }]],
  ["initialPrompt", ["Go."], [1]],
  ["continue", [true, false], ["no"]],
  ["approvals.timeoutSeconds", [1, 604_800], [0, 1.5, 604_801, "60"]],
  ["statePersistence", [true, false], [1]],
  ["preInstallScript", ["", "#!/bin/sh\n\0"], [["git fetch"], null]],
  ["postInstallScript", [""], [1]],
  ["api.port", [0, 80, 65535], [-1, 65536, 1.5, "80"]],
  [
    "api.hosts",
    [["*"], ["localhost", "codex.example.com", "[::1]"]],
    [[], ["localhost:80"], ["http://localhost"], ["::1"], [""], ["a,b"], ["*.example.com"], "localhost"],
  ],
  [
    "api.origins",
    [[], ["*"], ["https://tasks.example.com"], ["http://localhost:3000"], ["https://*.example.com"]],
    [["tasks.example.com"], ["https://tasks.example.com/"], ["ftp://x"], ["https://a@b"], ["https://"], "*"],
  ],
  ["api.token", [{ env: "A" }, { file: "a" }], [{}, { env: "" }, { env: 1 }, { env: "A", file: "a" }, null, ["A"]]],
  [
    "api.tokens",
    [
      [],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"] }],
      [{ name: "ci-2", token: { file: "a" }, scopes: ["read", "prompt", "approve", "terminal", "admin"] }],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"], expiresAt: "2027-01-31T00:00:00Z" }],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"], expiresAt: "2027-01-31T12:30:00+02:00" }],
    ],
    [
      {},
      ["sk-1"],
      [{ name: "ci", token: { env: "A" } }],
      [{ name: "ci", token: { env: "A" }, scopes: [] }],
      [{ name: "ci", token: { env: "A" }, scopes: ["write"] }],
      [{ name: "ci", token: "sk-1", scopes: ["read"] }],
      [{ name: "api.token", token: { env: "A" }, scopes: ["read"] }],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"], expiresAt: "tomorrow" }],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"], expiresAt: "2027-01-31T00:00:00" }],
      [{ name: "ci", token: { env: "A" }, scopes: ["read"], expiresAt: "2027-02-30T00:00:00Z" }],
    ],
  ],
  ["api.auth", ["token", "none"], ["off", false, null]],
  ["api.limits.changesPerMinute", [1, 100_000], [0, 1.5, "60"]],
  ["api.limits.streams", [1, 10_000], [0, -1, null]],
  ["api.limits.connections", [1, 10_000], [0, 1.5, true]],
  ["api.limits.requestTimeoutSeconds", [1, 86_400], [0, 86_401, 1.5, "30s"]],
  ["api.limits.promptMiB", [1, 256], [0, 257, 1.5, "16MiB"]],
  ["api.limits.sessions", [1, 10_000], [0, 1.5, "10"]],
  ["api.limits.pendingPrompts", [1, 100_000], [0, 1.5, "10"]],
  ["api.limits.allPendingPrompts", [1, 100_000], [0, -1, null]],
  ["api.limits.pendingPromptsMiB", [1, 100_000], [0, 0.5, "1GiB"]],
  ["api.limits.allPendingPromptsMiB", [1, 100_000], [0, 0.5, true]],
  ["api.limits.uploadMiB", [1, 100_000], [0, 0.5, "10MB"]],
  ["api.limits.allUploadsMiB", [1, 1_000_000], [0, 0.5, null]],
  ["labels", [{}, { team: "a", "com.example/x": "" }], [{ team: 1 }, { "": "a" }, ["team=a"]]],
  ["labels", [{ "dev.codex-workspaces": "a" }], [{ "dev.codex-workspace": "a" }, { "dev.codex-workspace.role": "a" }]],
])("%s takes what it should and refuses the rest", (path, allowed, refused) => {
  for (const value of allowed) expect(parseSpec(nested(path, value))).toEqual(nested(path, value));
  for (const value of refused) {
    const { problems } = refusalOf(nested(path, value));
    expect(problems.map((problem) => problem.path)).toEqual([expect.stringContaining(path)]);
  }
});

test.each(["latest", "^0.169.0", "0.169", ">=0.1.0"])(
  "the version %s is refused with the pin named",
  (codexVersion) => {
    expect(problemsOf({ codexVersion })).toEqual([
      `codexVersion: expected an exact version, no range and no tag: leave it out for the pin of this release, ${CODEX_PIN}, got ${JSON.stringify(codexVersion)}`,
    ]);
  },
);

test("an MCP server has one transport, and only what belongs to that", () => {
  const transport = "expected exactly one of `command` and `url`";
  const url = "https://docs.example.com/mcp";
  expect(problemsOf({ mcpServers: { docs: {} } })).toEqual([`mcpServers.docs: ${transport}`]);
  expect(problemsOf({ mcpServers: { docs: { command: "docs", url } } })).toEqual([`mcpServers.docs: ${transport}`]);
  expect(problemsOf({ mcpServers: { docs: { url, cwd: "/srv", envVars: ["TOKEN"] } } })).toEqual([
    "mcpServers.docs.envVars: belongs to a server with `command`",
    'mcpServers.docs.cwd: belongs to a server with `command`, got "/srv"',
  ]);
  expect(problemsOf({ mcpServers: { docs: { command: "docs", scopes: ["read"] } } })).toEqual([
    "mcpServers.docs.scopes: belongs to a server with `url`",
  ]);
});

test("an MCP server has one credential: its grant's, or what else says so", () => {
  const url = "https://docs.example.com/mcp";
  const others = {
    bearerTokenEnvVar: "TOKEN",
    scopes: ["read"],
    oauthResource: "x",
    envHttpHeaders: { AUTHORIZATION: "A" },
  };
  const message = "means nothing beside `grant`, which is the credential";
  expect(problemsOf({ mcpServers: { docs: { url, grant: "docs", ...others } } })).toEqual([
    expect.stringContaining(`mcpServers.docs.bearerTokenEnvVar: ${message}`),
    expect.stringContaining(`mcpServers.docs.scopes: ${message}`),
    expect.stringContaining(`mcpServers.docs.oauthResource: ${message}`),
    expect.stringContaining(`mcpServers.docs.envHttpHeaders.AUTHORIZATION: ${message}`),
  ]);
  expect(problemsOf({ mcpServers: { docs: { command: "docs", grant: "docs" } } })).toEqual([
    'mcpServers.docs.grant: belongs to a server with `url`, got "docs"',
  ]);
  const docs = { url, grant: "docs", envHttpHeaders: { "X-Tenant": "TENANT" } };
  expect(parseSpec({ mcpServers: { docs } })).toEqual({ mcpServers: { docs } });
});

test("a typo inside of an MCP server is named with what was meant", () => {
  expect(problemsOf({ mcpServers: { docs: { command: "docs", enabled_tools: [] } } })).toEqual([
    "mcpServers.docs.enabled_tools: unknown; did you mean `enabledTools`?",
  ]);
  expect(problemsOf({ mcpServers: { docs: { command: "docs", tools: { read: { approvalmode: "auto" } } } } })).toEqual([
    "mcpServers.docs.tools.read.approvalmode: unknown; did you mean `approvalMode`?",
  ]);
});

test("a session uses one of the profiles; the nearest name is named", () => {
  const profiles = { deep: {}, quick: {} };
  expect(parseSpec({ profiles, profile: "deep" })).toEqual({ profiles, profile: "deep" });
  expect(problemsOf({ profiles, profile: "depe" })).toEqual([
    'profile: expected the name of one of `profiles` (did you mean `deep`?), got "depe"',
  ]);
  for (const profile of ["other", "constructor", ""]) {
    expect(problemsOf({ profile })).toEqual([
      `profile: expected the name of one of \`profiles\`, got ${JSON.stringify(profile)}`,
    ]);
  }
});

test("fullAuto stands for two inputs, and beside neither of them", () => {
  for (const other of [{ sandboxMode: "workspace-write" }, { approvalPolicy: "never" }]) {
    expect(problemsOf({ fullAuto: true, ...other })).toEqual([
      "fullAuto: sets sandboxMode and approvalPolicy: write either it or those two, got true",
    ]);
    expect(parseSpec({ fullAuto: false, ...other })).toEqual({ fullAuto: false, ...other });
  }
});

test.each([
  ["/srv/app/", "/srv/app"],
  ["/srv//app/./src", "/srv/app/src"],
])("the directory %s is written %s, as Codex will call it", (given, normal) => {
  expect(parseSpec({ workdir: given, project: { bind: given } })).toEqual({
    workdir: normal,
    project: { bind: normal },
  });
});

test("a prebuilt image holds Codex: installCodex is about one that is built", () => {
  const image = { prebuilt: `codex@sha256:${"0".repeat(64)}` };
  expect(problemsOf({ image, installCodex: false })).toEqual([
    "installCodex: is about an image that is built: a prebuilt one holds Codex already, got false",
  ]);
  for (const spec of [
    { image, installCodex: true },
    { installCodex: false },
    { image: { build: {} }, installCodex: false },
  ]) {
    expect(parseSpec(spec)).toEqual(spec);
  }
});

test("a name of the prototype is a name like any other", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    expect(problemsOf({ mcpServers: { [name]: { comand: "true" } } }).join()).toContain("did you mean `command`");
    expect(parseSpec({ mcpServers: { [name]: { command: "true" } } })).toBeDefined();
  }
});

/** The full spec once for each of its parts, with `value` in the place of that part. */
function replaceEach(part: unknown, value: unknown): [path: string, spec: unknown][] {
  if (typeof part !== "object" || part === null || isSecretReference(part)) return [];
  return Object.entries(part).flatMap(([key, inner]) => {
    const withInner = (other: unknown): unknown =>
      Array.isArray(part)
        ? (part as unknown[]).map((item, index) => (index === Number(key) ? other : item))
        : { ...part, [key]: other };
    const below = replaceEach(inner, value).map(([path, other]): [string, unknown] => [
      `${key}.${path}`,
      withInner(other),
    ]);
    return [[key, withInner(value)], ...below];
  });
}

const takeSecrets =
  /^(env\.\w+|image\.build\.https?Proxy|modelProvider\.apiKey|api\.token|api\.tokens\.\d+\.token|network\.upstreamProxy)$/;

test("says which input got a secret and takes none", () => {
  const specs = replaceEach(fullSpec, new Secret("value-of-the-test"));
  expect(specs.length).toBeGreaterThan(150);
  const untold = specs.filter(
    ([path, spec]) => !takeSecrets.test(path) && !messageOf(spec).includes("got a secret: this input takes no secret"),
  );
  expect(untold.map(([path]) => path)).toEqual([]);
  expect(messageOf({ model: new Secret("value-of-the-test") })).toBe(
    "model: expected a string, got a secret: this input takes no secret, because it is stored and printed in clear",
  );
  expect(messageOf({ env: { KEY: new Secret("value-of-the-test") } })).toBe("");
});

test("says which input got a reference to a secret and takes none", () => {
  // An object in TOML may have the keys of a reference.
  const { extraSettings: _, profiles: __, ...spec } = fullSpec;
  const untold = replaceEach(spec, { env: "ISSUES_TOKEN" }).filter(
    ([path, changed]) =>
      typeof path.split(".").reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], spec) !==
        "object" &&
      !takeSecrets.test(path) &&
      !messageOf(changed).includes("got a reference to a secret: this input takes no secret"),
  );
  expect(untold.map(([path]) => path)).toEqual([]);
});

/** The problems of a spec and of its plan. */
function messageOf(spec: unknown): string {
  try {
    planOf(spec, { gateways: true });
    return "";
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
  }
}
