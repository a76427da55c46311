import type { WorkspaceSpec } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { type Judgement, judge } from "../support/codex-judge.ts";
import { testedCodexes } from "../support/codex-versions.ts";

const workspaceWrite = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: true,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
};

/** What is written in a spec, and what Codex says of itself on the config.toml that was rendered of it. */
const cases: readonly (readonly [what: string, spec: WorkspaceSpec, expected: Partial<Judgement>])[] = [
  [
    "nothing",
    {},
    { sandbox: workspaceWrite, approvalPolicy: "on-request", modelProvider: "workspace", mcpServers: [] },
  ],
  [
    "typed inputs",
    { sandboxMode: "read-only", approvalPolicy: "never", model: "gpt-5.5" },
    { sandbox: { type: "readOnly", networkAccess: false }, approvalPolicy: "never", model: "gpt-5.5" },
  ],
  ["no network", { networkAccess: false }, { sandbox: { ...workspaceWrite, networkAccess: false } }],
  [
    "a model provider with a key",
    { modelProvider: { baseUrl: "https://models.example.com/v1", apiKey: { env: "MODELS_KEY" } } },
    { modelProvider: "workspace" },
  ],
  [
    "settings as TOML text",
    {
      extraSettings:
        'network_access = false\nsandbox_mode = "workspace-write"\n[sandbox_workspace_write]\nwritable_roots = ["/srv"]\n',
    },
    { sandbox: { ...workspaceWrite, networkAccess: false, writableRoots: ["/srv"] } },
  ],
  ["full access", { extraSettings: { sandbox_mode: "danger-full-access" } }, { sandbox: { type: "dangerFullAccess" } }],
  [
    "MCP servers",
    {
      extraSettings: {
        mcp_servers: {
          docs: { command: "docs-server", args: ["--stdio"], env: { DEPTH: "2" }, startup_timeout_sec: 20 },
          web: { url: "https://mcp.example.com/mcp", bearer_token_env_var: "WEB_TOKEN", tool_timeout_sec: 30 },
        },
      },
    },
    {
      mcpServers: [
        {
          name: "docs",
          enabled: true,
          disabled_reason: null,
          transport: {
            type: "stdio",
            command: "docs-server",
            args: ["--stdio"],
            env: { DEPTH: "2" },
            env_vars: [],
            cwd: null,
          },
          startup_timeout_sec: 20,
          tool_timeout_sec: null,
          auth_status: "unsupported",
        },
        {
          name: "web",
          enabled: true,
          disabled_reason: null,
          transport: {
            type: "streamable_http",
            url: "https://mcp.example.com/mcp",
            bearer_token_env_var: "WEB_TOKEN",
          },
          startup_timeout_sec: null,
          tool_timeout_sec: 30,
          auth_status: "bearer_token",
        },
      ],
    },
  ],
];

for (const codex of await testedCodexes()) {
  describe.skipIf(codex.without !== "")(`config.toml as Codex ${codex.codexVersion} reads it${codex.without}`, () => {
    test.each(cases)("%s: it starts strictly, and is as planned", async (_, spec, expected) => {
      expect(await judge(spec, codex)).toMatchObject({ warnings: [], ...expected });
    });

    test("a key that it does not know ends it: nothing of ours is one", async () => {
      const judged = judge({ extraSettings: { modle: "gpt-5.5" } }, codex);
      await expect(judged).rejects.toThrow("unknown configuration field `modle`");
    });
  });
}
