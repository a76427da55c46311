import { expect, test } from "vitest";
import { inputPaths } from "../../test-support/input-paths.ts";
import { planOf } from "../../test-support/plan-of.ts";
import { toWorkspaceRequests } from "../docker/to-requests.ts";
import { containerLayout, localLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import { Secret } from "../secret.ts";

const provider = { baseUrl: "https://models.example.com/v1" };
const prebuilt = `codex@sha256:${"0".repeat(64)}`;

const stdio = { command: "docs-server" };
const http = { url: "https://docs.example.com/mcp" };
const server = (more: object, base: object = stdio): readonly [object, object] => [
  { mcpServers: { docs: { ...base, ...more } } },
  { mcpServers: { docs: base } },
];

/** For each input a spec that has it, and the same without it (or with another, where it is always there). */
const examples: Readonly<Record<string, readonly [withIt: unknown, without: unknown]>> = {
  workdir: [{ workdir: "/srv" }, {}],
  "project.bind": [{ project: { bind: "/srv" } }, {}],
  "project.volume": [{ project: { volume: "source" } }, {}],
  "image.prebuilt": [{ image: { prebuilt } }, {}],
  "image.gatewayBaseImage": [{ image: { prebuilt, gatewayBaseImage: "debian:12" } }, { image: { prebuilt } }],
  "image.build.baseImage": [{ image: { build: { baseImage: "ubuntu:24.04" } } }, {}],
  "image.build.nodeImage": [{ image: { build: { nodeImage: "node:24-trixie" } } }, {}],
  "image.build.aptPackages": [{ image: { build: { aptPackages: ["jq"] } } }, {}],
  "image.build.setupScript": [{ image: { build: { setupScript: "true\n" } } }, {}],
  "image.build.extraCaCertificates": [
    { image: { build: { extraCaCertificates: ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"] } } },
    {},
  ],
  "image.build.keepExtraCaCertificates": [{ image: { build: { keepExtraCaCertificates: true } } }, {}],
  "image.build.httpProxy": [{ image: { build: { httpProxy: "http://proxy.example.com:3128" } } }, {}],
  "image.build.httpsProxy": [{ image: { build: { httpsProxy: { env: "HTTPS_PROXY" } } } }, {}],
  "image.build.noProxy": [{ image: { build: { noProxy: ["registry.example.com"] } } }, {}],
  "resources.memoryMiB": [{ resources: { memoryMiB: 4096 } }, {}],
  "resources.cpus": [{ resources: { cpus: 0.5 } }, {}],
  "resources.pids": [{ resources: { pids: 1024 } }, {}],
  "resources.shmMiB": [{ resources: { shmMiB: 256 } }, {}],
  "resources.tmpMiB": [{ resources: { tmpMiB: 256 } }, {}],
  env: [{ env: { CI: "1" } }, {}],
  caCertificates: [{ caCertificates: ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"] }, {}],
  codexVersion: [{ codexVersion: "0.162.1" }, {}],
  installCodex: [{ installCodex: false }, {}],
  sandboxMode: [{ sandboxMode: "read-only" }, {}],
  approvalPolicy: [{ approvalPolicy: "never" }, {}],
  networkAccess: [{ networkAccess: false }, {}],
  writableRoots: [{ writableRoots: ["/srv/cache"] }, {}],
  fullAuto: [
    { baseConfigToml: 'sandbox_mode = "read-only"', fullAuto: true },
    { baseConfigToml: 'sandbox_mode = "read-only"' },
  ],
  trustProject: [{ trustProject: true }, {}],
  model: [{ model: "gpt-5.4" }, {}],
  reviewModel: [{ reviewModel: "gpt-5.4" }, {}],
  modelReasoningEffort: [{ modelReasoningEffort: "high" }, {}],
  serviceTier: [{ serviceTier: "priority" }, {}],
  personality: [{ personality: "friendly" }, {}],
  modelContextWindow: [{ modelContextWindow: 200_000 }, {}],
  modelAutoCompactTokenLimit: [{ modelAutoCompactTokenLimit: 150_000 }, {}],
  modelAutoCompactTokenLimitScope: [{ modelAutoCompactTokenLimitScope: "total" }, {}],
  toolOutputTokenLimit: [{ toolOutputTokenLimit: 10_000 }, {}],
  "shellEnvironmentPolicy.inherit": [{ shellEnvironmentPolicy: { inherit: "core" } }, {}],
  "shellEnvironmentPolicy.ignoreDefaultExcludes": [{ shellEnvironmentPolicy: { ignoreDefaultExcludes: true } }, {}],
  "shellEnvironmentPolicy.exclude": [{ shellEnvironmentPolicy: { exclude: ["AWS_*"] } }, {}],
  "shellEnvironmentPolicy.set": [{ shellEnvironmentPolicy: { set: { CI: "1" } } }, {}],
  "shellEnvironmentPolicy.includeOnly": [{ shellEnvironmentPolicy: { includeOnly: ["PATH"] } }, {}],
  notify: [{ notify: ["true"] }, {}],
  "agents.maxThreads": [{ agents: { maxThreads: 4 } }, {}],
  "agents.maxDepth": [{ agents: { maxDepth: 1 } }, {}],
  "agents.jobMaxRuntimeSeconds": [{ agents: { jobMaxRuntimeSeconds: 60 } }, {}],
  features: [{ features: { goals: true } }, {}],
  "modelProvider.baseUrl": [{ modelProvider: provider }, { modelProvider: { baseUrl: "https://other.example.com" } }],
  "modelProvider.apiKey": [{ modelProvider: { ...provider, apiKey: { env: "K" } } }, { modelProvider: provider }],
  "modelProvider.keyHeader": [
    { modelProvider: { ...provider, apiKey: { env: "K" }, keyHeader: "api-key" } },
    { modelProvider: { ...provider, apiKey: { env: "K" } } },
  ],
  "modelProvider.organization": [
    { modelProvider: { ...provider, organization: "org-1" } },
    { modelProvider: provider },
  ],
  "modelProvider.queryParams": [
    { modelProvider: { ...provider, queryParams: { "api-version": "preview" } } },
    { modelProvider: provider },
  ],
  "modelLimits.requestsPerMinute": [{ modelLimits: { requestsPerMinute: 60 } }, {}],
  "modelLimits.concurrentRequests": [{ modelLimits: { concurrentRequests: 4 } }, {}],
  "modelLimits.tokensPerDay": [{ modelLimits: { tokensPerDay: 1_000_000 } }, {}],
  "enforce.sandboxModes": [{ enforce: { sandboxModes: ["read-only", "workspace-write"] } }, {}],
  "enforce.approvalPolicies": [{ enforce: { approvalPolicies: ["on-request"] } }, {}],
  "enforce.approvalsReviewers": [{ enforce: { approvalsReviewers: ["user"] } }, {}],
  "mcpServers.NAME.command": [{ mcpServers: { docs: stdio } }, {}],
  "mcpServers.NAME.args": server({ args: ["--stdio"] }),
  "mcpServers.NAME.env": server({ env: { LOG: "debug" } }),
  "mcpServers.NAME.envVars": server({ envVars: ["DOCS_TOKEN"] }),
  "mcpServers.NAME.cwd": server({ cwd: "/srv" }),
  "mcpServers.NAME.url": [{ mcpServers: { docs: http } }, {}],
  "mcpServers.NAME.bearerTokenEnvVar": server({ bearerTokenEnvVar: "DOCS_TOKEN" }, http),
  "mcpServers.NAME.grant": [
    { grants: ["docs"], mcpServers: { docs: { ...http, grant: "docs" } } },
    { mcpServers: { docs: http } },
  ],
  "mcpServers.NAME.httpHeaders": server({ httpHeaders: { "X-Team": "platform" } }, http),
  "mcpServers.NAME.envHttpHeaders": server({ envHttpHeaders: { "X-Tenant": "TENANT" } }, http),
  "mcpServers.NAME.scopes": server({ scopes: ["read"] }, http),
  "mcpServers.NAME.oauthResource": server({ oauthResource: "https://docs.example.com" }, http),
  "mcpServers.NAME.enabled": server({ enabled: false }),
  "mcpServers.NAME.required": server({ required: true }),
  "mcpServers.NAME.startupTimeoutSec": server({ startupTimeoutSec: 5 }),
  "mcpServers.NAME.toolTimeoutSec": server({ toolTimeoutSec: 5 }),
  "mcpServers.NAME.enabledTools": server({ enabledTools: ["search"] }),
  "mcpServers.NAME.disabledTools": server({ disabledTools: ["delete"] }),
  "mcpServers.NAME.defaultToolsApprovalMode": server({ defaultToolsApprovalMode: "prompt" }),
  "mcpServers.NAME.supportsParallelToolCalls": server({ supportsParallelToolCalls: true }),
  "mcpServers.NAME.tools.NAME.approvalMode": server({ tools: { search: { approvalMode: "approve" } } }),
  baseConfigToml: [{ baseConfigToml: "" }, {}],
  extraSettings: [{ extraSettings: { model_verbosity: "low" } }, {}],
  profiles: [{ profiles: { deep: { model: "gpt-5.5" } } }, {}],
  profile: [{ profiles: { deep: "model = 'gpt-5.5'" }, profile: "deep" }, { profiles: { deep: "model = 'gpt-5.5'" } }],
  systemPrompt: [{ systemPrompt: "Be brief." }, {}],
  "projectSystemPrompt.text": [{ projectSystemPrompt: { text: "Be brief." } }, {}],
  "projectSystemPrompt.changeTrackedFile": [
    { projectSystemPrompt: { text: "Be brief.", changeTrackedFile: true } },
    { projectSystemPrompt: { text: "Be brief." } },
  ],
  initialPrompt: [{ initialPrompt: "Go." }, {}],
  continue: [{ continue: false }, {}],
  "approvals.timeoutSeconds": [{ approvals: { timeoutSeconds: 600 } }, {}],
  statePersistence: [{ statePersistence: false }, {}],
  preInstallScript: [{ preInstallScript: "git fetch" }, {}],
  postInstallScript: [{ postInstallScript: "git fetch" }, {}],
  logLevel: [{ logLevel: "debug" }, {}],
  "api.port": [{ api: { port: 4000 } }, {}],
  "api.hosts": [{ api: { hosts: ["codex.example.com"] } }, {}],
  "api.origins": [{ api: { origins: ["https://tasks.example.com"] } }, {}],
  "api.token": [{ api: { token: { file: "token" } } }, {}],
  "api.tokens": [{ api: { tokens: [{ name: "ci", token: { env: "CI_TOKEN" }, scopes: ["read"] }] } }, {}],
  "api.auth": [{ api: { auth: "none" } }, { api: {} }],
  "api.limits.changesPerMinute": [{ api: { limits: { changesPerMinute: 60 } } }, {}],
  "api.limits.streams": [{ api: { limits: { streams: 8 } } }, {}],
  "api.limits.connections": [{ api: { limits: { connections: 4096 } } }, {}],
  "api.limits.requestTimeoutSeconds": [{ api: { limits: { requestTimeoutSeconds: 300 } } }, {}],
  "api.limits.promptMiB": [{ api: { limits: { promptMiB: 64 } } }, {}],
  "api.limits.uploadMiB": [{ api: { limits: { uploadMiB: 100 } } }, {}],
  "api.limits.allUploadsMiB": [{ api: { limits: { allUploadsMiB: 100 } } }, {}],
  "network.mode": [{ network: { mode: "open" } }, {}],
  "network.allow": [{ network: { allow: ["example.com"] } }, {}],
  "network.presets": [{ network: { presets: ["github"] } }, {}],
  "network.upstreamProxy": [{ network: { upstreamProxy: "http://proxy.example.com:3128" } }, {}],
  "network.ports": [{ network: { ports: [3000] } }, {}],
  labels: [{ labels: { team: "platform" } }, {}],
  grants: [{ grants: ["openai"], modelProvider: provider }, { modelProvider: provider }],
  "github.allow": [{ grants: ["github"], github: { allow: ["write:octocat/*"] } }, { grants: ["github"] }],
};

/** All that leaves the core: files, requests, and what the image is built or pulled from. */
function outputs(spec: unknown): unknown {
  const inContainers = planOf(spec, { gateways: true });
  const needsTokens = inContainers.api.auth === "token";
  const plan = needsTokens ? inContainers : planOf(spec);
  const place = { directory: "/state", codexProgram: "/opt/codex" };
  const rendered = renderFiles(plan, needsTokens ? containerLayout(plan) : localLayout(plan, place));
  const requests =
    needsTokens && toWorkspaceRequests(plan, { image: "codex", gatewayImage: "gateway", rendered, seccomp: "{}" });
  const texts = rendered.files.map(({ content }) => (content instanceof Secret ? content.reveal() : content));
  return { texts, requests, image: [plan.image, plan.installCodex, plan.network?.image] };
}

test("there is an example of every input", () => {
  expect(Object.keys(examples)).toEqual(inputPaths());
});

test.each(Object.entries(examples))("%s does something", (_, [withIt, without]) => {
  expect(outputs(withIt)).not.toEqual(outputs(without));
});
