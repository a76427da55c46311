import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFiles, containerLayout, parseSpec, planWorkspace, renderFiles, Secret } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { fullSpec } from "../../core/test-support/plan-of.ts";
import { readStrictly } from "../support/codex-config.ts";

/** What the real Codex reads from the config.toml of a spec, refusing whatever it does not know. */
async function codexReads(spec: unknown): Promise<Record<string, unknown>> {
  const plan = planWorkspace(parseSpec(spec), {
    name: "test",
    resolveSecret: () => new Secret("value"),
    generatedToken: new Secret("token"),
  });
  const { files } = renderFiles(plan, containerLayout(plan));
  const configToml = files.find(({ path }) => path === configFiles.configToml)?.content;
  const home = await mkdtemp(join(tmpdir(), "codex-workspace-settings-"));
  try {
    await writeFile(join(home, "config.toml"), String(configToml));
    return await readStrictly(home);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

test("Codex takes every typed input by the key that we write, with its value", async () => {
  const config = await codexReads({ ...fullSpec, codexVersion: "0.169.0" });
  expect(config).toMatchObject({
    sandbox_mode: "read-only",
    approval_policy: "never",
    sandbox_workspace_write: { network_access: false, writable_roots: ["/srv/cache"] },
    model: "gpt-5.4",
    review_model: "gpt-5.5",
    model_reasoning_effort: "high",
    service_tier: "priority",
    personality: "pragmatic",
    model_context_window: 200_000,
    model_auto_compact_token_limit: 150_000,
    model_auto_compact_token_limit_scope: "total",
    tool_output_token_limit: 10_000,
    shell_environment_policy: {
      inherit: "core",
      ignore_default_excludes: true,
      exclude: ["AWS_*", "ISSUES_TOKEN", "CODEX_WORKSPACE_*"],
      set: { CI: "1" },
      include_only: ["PATH", "HOME"],
    },
    notify: ["/usr/local/bin/turn-ended", "--quiet"],
    // 0.155 and later know `max_threads` by this name too.
    agents: { max_concurrent_threads_per_session: 4, max_depth: 1, job_max_runtime_seconds: 1800 },
    features: { goals: true },
    file_opener: "none",
    model_verbosity: "low",
  });
});

test("Codex takes every field of an MCP server", async () => {
  const { mcp_servers: servers } = await codexReads(fullSpec);
  expect(servers).toMatchObject({
    issues: {
      command: "issues-server",
      args: ["--stdio"],
      env: { LOG: "debug" },
      env_vars: ["ISSUES_TOKEN"],
      cwd: "/srv/app",
      enabled: false,
      required: true,
      startup_timeout_sec: 12.5,
      tool_timeout_sec: 60,
      enabled_tools: ["list", "read"],
      disabled_tools: ["delete"],
      default_tools_approval_mode: "prompt",
      supports_parallel_tool_calls: true,
      tools: { list: { approval_mode: "approve" } },
    },
    wiki: {
      url: "https://wiki.example.com/mcp",
      bearer_token_env_var: "WIKI_TOKEN",
      http_headers: { "X-Team": "platform" },
      env_http_headers: { "X-Tenant": "WIKI_TENANT" },
      scopes: ["read"],
      oauth_resource: "https://wiki.example.com",
      enabled: false,
    },
  });
});

test("Codex takes a granular approval policy, and what we say nothing of it has by itself", async () => {
  const granular = { sandboxApproval: true, rules: false, mcpElicitations: true, skillApproval: true };
  expect((await codexReads({ approvalPolicy: { granular } }))["approval_policy"]).toEqual({
    granular: {
      sandbox_approval: true,
      rules: false,
      mcp_elicitations: true,
      request_permissions: false,
      skill_approval: true,
    },
  });
  expect(await codexReads({ baseConfigToml: "" })).toMatchObject({ sandbox_mode: null, approval_policy: null });
});

test("fullAuto is workspace-write with on-request", async () => {
  const config = await codexReads({ baseConfigToml: 'sandbox_mode = "read-only"', fullAuto: true });
  expect(config).toMatchObject({ sandbox_mode: "workspace-write", approval_policy: "on-request" });
});

test("the strict Codex is a judge: a key that it does not know is refused", async () => {
  await expect(codexReads({ features: { no_such_feature: true } })).rejects.toThrow(
    "unknown configuration field `features.no_such_feature`",
  );
});

test.each([
  ['approval_policy = "untrusted"', "no longer supported"],
  ['mcp_servers.docs = { url = "https://docs.example.com", bearer_token = "t" }', "bearer_token is not supported"],
  [
    'model_providers.mine = { name = "mine", base_url = "http://127.0.0.1:9", wire_api = "chat" }',
    "no longer supported",
  ],
])("what we refuse for the pin, Codex refuses too: %s", async (extraSettings, words) => {
  // As a version that is not tested: for that one the plan only warns.
  await expect(codexReads({ codexVersion: "0.168.0", extraSettings })).rejects.toThrow(words);
  await expect(codexReads({ extraSettings })).rejects.toMatchObject({ code: "SPEC_INVALID" });
});
