import { expect, test } from "vitest";
import { inputExamples } from "../../test-support/input-examples.ts";
import { Secret } from "../secret.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { asksBelow, asksOf } from "./asks.ts";
import { declarations } from "./declarations.ts";

const context = {
  directory: "/home/u/app",
  realPath: (path: string): string => path.replace(/^\/home\/u\/link/, "/etc"),
};

const wordsOf = (spec: unknown): string[] => asksOf(parseSpec(spec), context).map(({ words }) => words);

/** For each input what its example of `inputExamples` asks for; nothing: the example is safe. */
const asked: Readonly<Record<string, RegExp | undefined>> = {
  workdir: /^mounts the project at "\/srv" in the container instead of \/workspace$/,
  "project.bind": /^mounts "\/srv" read-write at "\/workspace"$/,
  "project.volume": /^mounts the Docker volume "source" read-write$/,
  "image.prebuilt": /^runs the workspace from the image "codex@sha256:0+"$/,
  "image.gatewayBaseImage": /^builds the gateways, which hold the credentials, on the image "debian:12"$/,
  "image.build.baseImage": /^builds the workspace on the image "ubuntu:24.04"$/,
  "image.build.nodeImage": /image "node:24-trixie"$/,
  "image.build.aptPackages": /^installs the Debian package "jq"/,
  "image.build.setupScript": /^runs a script as root while the image is built: "true\\n"$/,
  "image.build.extraCaCertificates": /^trusts 1 more certificate authority while the image is built$/,
  "image.build.keepExtraCaCertificates": /^keeps the build's certificate authorities/,
  "image.build.httpProxy": /http proxy "http:\/\/proxy.example.com:3128"$/,
  "image.build.httpsProxy": /https proxy the value of your environment variable "HTTPS_PROXY"$/,
  "image.build.noProxy": /without a proxy for "registry.example.com"$/,
  "resources.memoryMiB": undefined,
  "resources.cpus": undefined,
  "resources.pids": undefined,
  "resources.shmMiB": /from 64 to 256$/,
  "resources.tmpMiB": /^takes up to 256 MiB of memory/,
  env: /^sets the environment variable "CI" of Codex and its commands to "1"$/,
  caCertificates: /^trusts 1 more certificate authority in the workspace$/,
  codexVersion: /^installs and runs Codex "0.162.1" instead of/,
  installCodex: /^runs the Codex of the image/,
  sandboxMode: undefined,
  permissions: undefined,
  approvalPolicy: /^runs the agent's commands without ever asking you$/,
  networkAccess: undefined,
  writableRoots: /^lets the agent's commands write "\/srv\/cache" without asking/,
  fullAuto: /^replaces the default settings/,
  trustProject: /^lets the project's own .codex directory change settings/,
  model: undefined,
  reviewModel: undefined,
  modelReasoningEffort: undefined,
  serviceTier: undefined,
  personality: undefined,
  modelContextWindow: undefined,
  modelAutoCompactTokenLimit: undefined,
  modelAutoCompactTokenLimitScope: undefined,
  toolOutputTokenLimit: undefined,
  "shellEnvironmentPolicy.inherit": undefined,
  "shellEnvironmentPolicy.ignoreDefaultExcludes": /^shows variables with KEY, SECRET or TOKEN/,
  "shellEnvironmentPolicy.exclude": undefined,
  "shellEnvironmentPolicy.set": /^sets the environment variable "CI" of the agent's commands to "1"$/,
  "shellEnvironmentPolicy.includeOnly": undefined,
  notify: /^runs \["true"\] after each turn, outside Codex's sandbox/,
  "agents.maxThreads": undefined,
  "agents.maxDepth": undefined,
  "agents.jobMaxRuntimeSeconds": undefined,
  features: /^switches Codex's feature "goals" on$/,
  "modelProvider.baseUrl": /to "https:\/\/models.example.com\/v1" instead of https:\/\/api.openai.com\/v1$/,
  "modelProvider.apiKey": /^sends the value of your environment variable "K" to "https:\/\/models.example.com\/v1"/,
  "modelProvider.keyHeader": /^sends the value of/,
  "modelProvider.organization": /for the organization "org-1"$/,
  "modelProvider.queryParams": /^sends the conversation/,
  "modelLimits.requestsPerMinute": undefined,
  "modelLimits.concurrentRequests": undefined,
  "modelLimits.tokensPerDay": undefined,
  "enforce.sandboxModes": undefined,
  "enforce.approvalPolicies": undefined,
  "enforce.approvalsReviewers": undefined,
  "mcpServers.NAME.command": /^runs \["docs-server"\] outside Codex's sandbox: .*, as the MCP server "docs"$/,
  "mcpServers.NAME.args": /^runs \["docs-server","--stdio"\]/,
  "mcpServers.NAME.env": /, env = {"LOG":"debug"}$/,
  "mcpServers.NAME.envVars": /, envVars = \["DOCS_TOKEN"\]$/,
  "mcpServers.NAME.cwd": /, cwd = "\/srv"$/,
  "mcpServers.NAME.url": /^lets Codex use the tools of "https:\/\/docs.example.com\/mcp", as the MCP server "docs"$/,
  "mcpServers.NAME.bearerTokenEnvVar": /, bearerTokenEnvVar = "DOCS_TOKEN"$/,
  "mcpServers.NAME.grant": /, grant = "docs"$/,
  "mcpServers.NAME.httpHeaders": /, httpHeaders = {"X-Team":"platform"}$/,
  "mcpServers.NAME.envHttpHeaders": /, envHttpHeaders = {"X-Tenant":"TENANT"}$/,
  "mcpServers.NAME.scopes": /, scopes = \["read"\]$/,
  "mcpServers.NAME.oauthResource": /, oauthResource = "https:\/\/docs.example.com"$/,
  "mcpServers.NAME.enabled": /, enabled = false$/,
  "mcpServers.NAME.required": /, required = true$/,
  "mcpServers.NAME.startupTimeoutSec": /, startupTimeoutSec = 5$/,
  "mcpServers.NAME.toolTimeoutSec": /, toolTimeoutSec = 5$/,
  "mcpServers.NAME.enabledTools": /, enabledTools = \["search"\]$/,
  "mcpServers.NAME.disabledTools": /, disabledTools = \["delete"\]$/,
  "mcpServers.NAME.defaultToolsApprovalMode": /, defaultToolsApprovalMode = "prompt"$/,
  "mcpServers.NAME.supportsParallelToolCalls": /, supportsParallelToolCalls = true$/,
  "mcpServers.NAME.tools.NAME.approvalMode": /, tools = {"search":{"approvalMode":"approve"}}$/,
  baseConfigToml: /^replaces the default settings/,
  extraSettings: /^sets model_verbosity = "low" in Codex's config.toml$/,
  profiles: /^sets model = "gpt-5.5" in the profile "deep" of Codex$/,
  profile: /^sets model = "gpt-5.5" in the profile "deep" of Codex$/,
  systemPrompt: undefined,
  "projectSystemPrompt.text": undefined,
  "projectSystemPrompt.changeTrackedFile": undefined,
  initialPrompt: /^sends Codex a first prompt at once: "Go."$/,
  continue: undefined,
  "approvals.timeoutSeconds": undefined,
  statePersistence: /^keeps no conversation/,
  preInstallScript: /^runs a script before Codex starts, outside .* on this machine as you: "git fetch"$/,
  postInstallScript: /^runs a script before Codex starts, outside .* on this machine as you: "git fetch"$/,
  logLevel: undefined,
  "api.port": /^listens on port 4000 of this machine$/,
  "api.hosts": /for the host "codex.example.com"$/,
  "api.origins": /^lets web pages of "https:\/\/tasks.example.com" send/,
  "api.token": /^takes the content of the file "token" as the API token with every scope$/,
  "api.tokens": /^takes the value of your environment variable "CI_TOKEN" as the API token "ci" for read$/,
  "api.auth": /^lets every program of this machine use the API without a token$/,
  "api.limits.changesPerMinute": /^sets `api.limits.changesPerMinute` to 60$/,
  "api.limits.streams": /^sets `api.limits.streams` to 8$/,
  "api.limits.connections": /^sets `api.limits.connections` to 4096$/,
  "api.limits.requestTimeoutSeconds": /^sets `api.limits.requestTimeoutSeconds` to 300$/,
  "api.limits.promptMiB": /^sets `api.limits.promptMiB` to 64$/,
  "api.limits.sessions": /^sets `api.limits.sessions` to 1000$/,
  "api.limits.pendingPrompts": /^sets `api.limits.pendingPrompts` to 100$/,
  "api.limits.allPendingPrompts": /^sets `api.limits.allPendingPrompts` to 50000$/,
  "api.limits.pendingPromptsMiB": /^sets `api.limits.pendingPromptsMiB` to 64$/,
  "api.limits.allPendingPromptsMiB": /^sets `api.limits.allPendingPromptsMiB` to 4096$/,
  "api.limits.uploadMiB": /^sets `api.limits.uploadMiB` to 100$/,
  "api.limits.allUploadsMiB": /^sets `api.limits.allUploadsMiB` to 100$/,
  "network.mode": /^lets the workspace reach whatever this machine reaches$/,
  "network.allow": /^lets the workspace reach "example.com"$/,
  "network.presets": /^lets the workspace reach GitHub$/,
  "network.upstreamProxy": /proxy "http:\/\/proxy.example.com:3128"$/,
  "network.ports": /^publishes port 3000 of the workspace on this machine$/,
  labels: /^labels the containers "team": "platform"$/,
  grants: /^uses your grant "openai"/,
  "github.allow": /^may change GitHub's repositories: "write:octocat\/\*"$/,
};

test("there is an expectation for every input", () => {
  expect(Object.keys(asked)).toEqual(Object.keys(inputExamples));
});

test.each(Object.entries(asked))("%s asks as declared", (path, words) => {
  const found = wordsOf(inputExamples[path]?.[0]);
  if (words === undefined) expect(found).toEqual([]);
  else expect(found).toContainEqual(expect.stringMatching(words));
});

test.each([
  [{ sandboxMode: "danger-full-access" }, "runs the agent's commands without Codex's sandbox"],
  [{ permissions: ":danger-full-access" }, "runs the agent's commands without Codex's sandbox"],
  [{ permissions: { filesystem: { "/srv": "write" } } }, 'lets the agent\'s commands write "/srv" without asking'],
  [{ approvalPolicy: { granular: { sandboxApproval: false, rules: true, mcpElicitations: true } } }, "sandboxApproval"],
  [{ approvalPolicy: "on-failure" }, "only after it failed"],
  [{ env: { TOKEN: { file: "/home/u/.netrc" } } }, 'gives the content of the file "/home/u/.netrc" to Codex'],
  [{ env: { TOKEN: { env: "AWS_KEY" } } }, 'gives the value of your environment variable "AWS_KEY" to Codex'],
  [{ extraSettings: 'sandbox_mode = "danger-full-access"' }, 'sets sandbox_mode = "danger-full-access"'],
  [{ extraSettings: { mcp_servers: { a: { command: "sh" } } } }, 'sets mcp_servers.a.command = "sh"'],
  [{ profiles: { a: 'approval_policy = "never"' } }, 'sets approval_policy = "never" in the profile "a"'],
  [{ api: { hosts: ["*"] } }, "for any host"],
  [{ api: { origins: ["*"] } }, "any origin"],
  [{ modelLimits: { requestsPerMinute: 601 } }, "from 600 to 601"],
  [{ modelLimits: { concurrentRequests: 33 } }, "from 32 to 33"],
  [{ resources: { pids: 4097 } }, "from 4096 to 4097"],
  [{ project: { bind: "/home/u/link/x" } }, 'mounts "/etc/x" ("/home/u/link/x" leads there) read-write'],
  [{ project: { bind: "/home/u" } }, 'mounts "/home/u" read-write'],
  [{ modelProvider: { baseUrl: "https://api.openai.com/v1", apiKey: { env: "OTHER" } } }, '"OTHER"'],
  [{ modelProvider: { baseUrl: "https://x.example.com", apiKey: { env: "OPENAI_API_KEY" } } }, "as the model key"],
])("%j asks", (spec, words) => {
  expect(wordsOf(spec).join("\n")).toContain(words);
});

test.each([
  {},
  { sandboxMode: "workspace-write", approvalPolicy: "on-request", fullAuto: false },
  { approvalPolicy: { granular: { sandboxApproval: true, rules: true, mcpElicitations: true } } },
  { approvalPolicy: "untrusted" },
  { project: { bind: "/home/u/app" }, workdir: "/workspace/app", image: { build: {} } },
  {
    modelProvider: {
      baseUrl: "https://api.openai.com/v1",
      apiKey: { env: "OPENAI_API_KEY" },
      keyHeader: "Authorization",
    },
  },
  { network: { mode: "restricted", allow: [], presets: ["npm", "pypi", "debian", "crates", "go"] } },
  { github: { allow: ["read:*"] }, grants: [], caCertificates: [], env: {}, labels: {}, mcpServers: {}, features: {} },
  { api: { port: 0, hosts: ["localhost"], origins: [], tokens: [], auth: "token" } },
  { trustProject: false, installCodex: true, statePersistence: true, extraSettings: {}, profiles: {} },
  { preInstallScript: "", postInstallScript: "\n", initialPrompt: "" },
])("%j is within the defaults", (spec) => {
  expect(wordsOf(spec)).toEqual([]);
});

test("an input without a declaration asks, at the top and below a group", () => {
  const found = asksBelow({ later: { deep: 1 }, api: { later: true } }, declarations, "", { ...context, spec: {} });
  expect(found).toEqual([
    { path: "later", words: 'sets `later` to {"deep":1}' },
    { path: "api.later", words: "sets `api.later` to true" },
  ]);
  // Names that every object has by its prototype are declared by nobody.
  const inherited = asksBelow({ constructor: 1, api: { toString: 1 } }, declarations, "", { ...context, spec: {} });
  expect(inherited.map(({ path }) => path)).toEqual(["constructor", "api.toString"]);
});

test("no ask has a character that acts on a terminal, or a secret", () => {
  const hostile = "\u001b[2J\u202e\u009b\r\n";
  const spec = {
    env: { A: hostile },
    labels: { [hostile]: hostile },
    initialPrompt: hostile,
    extraSettings: { [hostile]: hostile },
    notify: [hostile],
    preInstallScript: `x${hostile}`,
    api: { token: new Secret("hunter2") },
  };
  const words = wordsOf(spec).join("");
  expect(words).not.toMatch(/[\p{C}]/u);
  expect(words).not.toContain("hunter2");
});
