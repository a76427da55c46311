import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFiles, containerLayout, parseSpec, planWorkspace, renderFiles, Secret } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { fullSpec } from "../../core/test-support/plan-of.ts";
import { readStrictly } from "../support/codex-config.ts";
import { testedCodexes } from "../support/codex-versions.ts";

/** What a real Codex reads from the config.toml of a spec, refusing whatever it does not know. */
async function codexReads(spec: object, program?: string): Promise<Record<string, unknown>> {
  const plan = planWorkspace(parseSpec(spec), {
    name: "test",
    resolveSecret: ({ ...reference }) => new Secret(`value-of-${Object.values(reference).join()}`),
    generatedToken: new Secret("token"),
  });
  const { files } = renderFiles(plan, containerLayout(plan));
  const configToml = files.find(({ path }) => path === configFiles.configToml)?.content;
  const home = await mkdtemp(join(tmpdir(), "codex-workspace-settings-"));
  try {
    await writeFile(join(home, "config.toml"), String(configToml));
    return await readStrictly(home, program);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`settings as Codex ${codexVersion} reads them${without}`, () => {
    test("every typed input is taken by the key that we write, with its value", async () => {
      // 0.155 and later call `max_threads` so when they are asked, and take both.
      const maxThreads = codexVersion === "0.140.0" ? "max_threads" : "max_concurrent_threads_per_session";
      const config = await codexReads({ ...fullSpec, codexVersion }, codexProgram);
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
          exclude: ["AWS_*", "ISSUES_TOKEN", "CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"],
          set: { CI: "1" },
          include_only: ["PATH", "HOME"],
        },
        notify: ["/usr/local/bin/turn-ended", "--quiet"],
        agents: { [maxThreads]: 4, max_depth: 1, job_max_runtime_seconds: 1800 },
        features: { goals: true },
        file_opener: "none",
        model_verbosity: "low",
      });
    });

    test("takes a permission profile, and no sandbox mode with it", async () => {
      const filesystem = { "/srv/keys": "deny", ":workspace_roots": "read" };
      const permissions = { extends: ":workspace", filesystem, networkAccess: true };
      const config = await codexReads({ permissions, codexVersion }, codexProgram);
      expect(config).toMatchObject({
        default_permissions: "workspace-spec",
        permissions: { "workspace-spec": { extends: ":workspace", filesystem, network: { enabled: true } } },
        sandbox_mode: null,
      });
      expect(await codexReads({ permissions: ":read-only", codexVersion }, codexProgram)).toMatchObject({
        default_permissions: ":read-only",
      });
    });

    test("every field of an MCP server is taken", async () => {
      const { mcp_servers: servers } = await codexReads({ ...fullSpec, codexVersion }, codexProgram);
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

    test.each([
      ['approval_policy = "untrusted"', "approval_policy"],
      ['profile = "work"', "profile"],
      ['model_providers.mine = { name = "mine", base_url = "http://127.0.0.1:9", wire_api = "chat" }', "wire_api"],
      ['mcp_servers.docs = { url = "https://docs.example.com", bearer_token = "t" }', "bearer_token"],
      ['mcp_servers.docs = { command = "docs", default_tools_approval_mode = "writes" }', "writes"],
      ["agents.enabled = true", "boolean `true`"],
      ["agents.max_concurrent_threads_per_session = 2", "integer `2`"],
    ])("what we refuse, it refuses; what we plan, it takes: %s", async (baseConfigToml, words) => {
      const planned = await codexReads({ codexVersion, baseConfigToml }, codexProgram).then(
        () => "taken",
        (error: unknown) => error,
      );
      if (planned === "taken") return;
      expect(planned).toMatchObject({ code: "SPEC_INVALID" });
      // As a version that is not tested: for that one the plan only warns.
      const untested = codexReads({ codexVersion: `${codexVersion}-untested`, baseConfigToml }, codexProgram);
      await expect(untested).rejects.toThrow(words);
    });
  });
}

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
