import { grantedHost } from "../src/plan/granted-host.ts";
import { planWorkspace, type PlanOptions } from "../src/plan/plan-workspace.ts";
import type { WorkspacePlan } from "../src/plan/workspace-plan.ts";
import { Secret, type SecretReference } from "../src/secret.ts";
import { parseSpec } from "../src/spec/parse-spec.ts";

/** Secrets that no output may show, by where a spec says that they are. */
export const secretValues = {
  generatedToken: "generated-token-0123456789",
  env: "value-of-the-variable",
  file: "value-of-the-file",
  grant: "value-of-the-grant",
} as const;

function secretOf(reference: SecretReference): string {
  if (!("env" in reference)) return secretValues.file;
  return reference.env === "COMPANY_PROXY" ? `http://me:${secretValues.env}@proxy.example.com:3128` : secretValues.env;
}

/** A spec of any shape, parsed and planned, with secrets that a test can look for and grants for where it uses them. */
export function planOf(given: unknown, options: Partial<PlanOptions> = {}): WorkspacePlan {
  const spec = parseSpec(given);
  const secret = new Secret(secretValues.grant);
  return planWorkspace(spec, {
    name: "demo",
    resolveSecret: (reference) => new Secret(secretOf(reference)),
    generatedToken: new Secret(secretValues.generatedToken),
    grants: (spec.grants ?? []).map((name) => ({
      name,
      host: grantedHost(spec, name) ?? `${name}.example.com`,
      secret,
    })),
    ...options,
  });
}

/** A spec with every input that can stand beside the others, none of them at its default; grants need gateways. */
export const fullSpec = {
  workdir: "/srv/app",
  project: { volume: "app-source" },
  image: {
    gatewayBaseImage: "debian:12-slim",
    build: {
      baseImage: "debian:trixie-slim",
      nodeImage: "node:24-trixie-slim",
      aptPackages: ["jq"],
      setupScript: "#!/bin/sh\nuseradd --system postgres\n",
      extraCaCertificates: ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"],
      keepExtraCaCertificates: true,
      httpProxy: "http://proxy.example.com:3128",
      httpsProxy: { env: "HTTPS_PROXY" },
      noProxy: ["registry.example.com"],
    },
  },
  resources: { memoryMiB: 4096, cpus: 1.5, pids: 1024, shmMiB: 256, tmpMiB: 512 },
  env: { CI: "1", ISSUES_TOKEN: { env: "ISSUES_TOKEN" } },
  caCertificates: ["-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"],
  codexVersion: "0.162.1",
  installCodex: false,
  sandboxMode: "read-only",
  approvalPolicy: "never",
  networkAccess: false,
  writableRoots: ["/srv/cache"],
  trustProject: true,
  model: "gpt-5.4",
  reviewModel: "gpt-5.5",
  modelReasoningEffort: "high",
  serviceTier: "priority",
  personality: "pragmatic",
  modelContextWindow: 200_000,
  modelAutoCompactTokenLimit: 150_000,
  modelAutoCompactTokenLimitScope: "total",
  toolOutputTokenLimit: 10_000,
  shellEnvironmentPolicy: {
    inherit: "core",
    ignoreDefaultExcludes: true,
    exclude: ["AWS_*"],
    set: { CI: "1" },
    includeOnly: ["PATH", "HOME"],
  },
  notify: ["/usr/local/bin/turn-ended", "--quiet"],
  agents: { maxThreads: 4, maxDepth: 1, jobMaxRuntimeSeconds: 1800 },
  features: { goals: true },
  modelProvider: {
    baseUrl: "https://models.example.com/v1",
    apiKey: { env: "MODELS_KEY" },
    keyHeader: "api-key",
    organization: "org-1",
    queryParams: { "api-version": "preview" },
  },
  modelLimits: { requestsPerMinute: 120, concurrentRequests: 8, tokensPerDay: 2_000_000 },
  mcpServers: {
    issues: {
      command: "issues-server",
      args: ["--stdio"],
      env: { LOG: "debug" },
      envVars: ["ISSUES_TOKEN"],
      cwd: "/srv/app",
      enabled: false,
      required: true,
      startupTimeoutSec: 12.5,
      toolTimeoutSec: 60,
      enabledTools: ["list", "read"],
      disabledTools: ["delete"],
      defaultToolsApprovalMode: "prompt",
      supportsParallelToolCalls: true,
      tools: { list: { approvalMode: "approve" } },
    },
    wiki: {
      url: "https://wiki.example.com/mcp",
      bearerTokenEnvVar: "WIKI_TOKEN",
      httpHeaders: { "X-Team": "platform" },
      envHttpHeaders: { "X-Tenant": "WIKI_TENANT" },
      scopes: ["read"],
      oauthResource: "https://wiki.example.com",
      enabled: false,
    },
  },
  baseConfigToml: 'file_opener = "none"\n',
  enforce: { sandboxModes: ["read-only"], approvalPolicies: ["never"], approvalsReviewers: ["user"] },
  extraSettings: {
    model_verbosity: "low",
    mcp_servers: { docs: { command: "docs-server", args: ["--stdio"] } },
  },
  profiles: {
    deep: {
      model_reasoning_effort: "xhigh",
      shell_environment_policy: { exclude: ["CI_*"] },
      mcp_servers: { docs: { enabled: false } },
    },
    quick: 'model = "gpt-5.4-mini"\n[features]\ngoals = false\n',
  },
  profile: "deep",
  systemPrompt: "Answer in one sentence.\n",
  projectSystemPrompt: { text: "Keep to the style of the files beside.\n", changeTrackedFile: true },
  initialPrompt: "Read the README and say what this is.",
  continue: false,
  approvals: { timeoutSeconds: 600 },
  statePersistence: false,
  preInstallScript: "#!/bin/bash\nsource .envrc\n",
  postInstallScript: "git fetch\n",
  logLevel: "debug",
  api: {
    port: 4000,
    hosts: ["codex.example.com"],
    origins: ["https://*.example.com"],
    token: { file: "/run/secrets/api-token" },
    tokens: [
      { name: "ci", token: { env: "CI_TOKEN" }, scopes: ["prompt", "read"], expiresAt: "2027-01-31T00:00:00+01:00" },
    ],
    limits: {
      changesPerMinute: 600,
      streams: 32,
      connections: 128,
      requestTimeoutSeconds: 120,
      promptMiB: 8,
      sessions: 50,
      pendingPrompts: 100,
      allPendingPrompts: 500,
      pendingPromptsMiB: 64,
      allPendingPromptsMiB: 256,
      uploadMiB: 100,
      allUploadsMiB: 2048,
    },
  },
  network: {
    mode: "restricted",
    allow: ["git.example.com:8443"],
    presets: ["npm"],
    upstreamProxy: { env: "COMPANY_PROXY" },
    ports: [3000],
  },
  labels: { team: "platform" },
} as const;
