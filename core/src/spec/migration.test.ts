import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { parseToml } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";
import { Secret } from "../secret.ts";
import { formerInput } from "./former-inputs.ts";
import { parseSpec } from "./parse-spec.ts";

const page = readFileSync(new URL("../../../docs/migrate-from-coder.md", import.meta.url), "utf8");

/** The rows below a heading, each as its cells, without the backticks around a whole cell. */
function rowsOf(heading: string): string[][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| (`\w+` +\|.*) \|$/gm)].map(([, row = ""]) =>
    row.split(" | ").map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
  );
}

/** What an example brings about, where the module's users look for it. */
const effects: Readonly<Record<string, (plan: WorkspacePlan) => unknown>> = {
  folder: ({ workdir }) => workdir,
  workdir: ({ workdir }) => workdir,
  codex_version: ({ codexVersion }) => codexVersion,
  install_codex: ({ installCodex }) => installCodex,
  sandbox_mode: ({ session }) => session.sandboxMode,
  approval_policy: ({ session }) => session.approvalPolicy,
  network_access: ({ session }) => session.workspaceWrite,
  extra_codex_settings_toml: ({ config }) => config.table["model_verbosity"],
  base_config_toml: ({ config, session }) => [config.table["approval_policy"], session.sandboxMode],
  additional_extensions: ({ config }) => config.table["mcp_servers"],
  additional_mcp_servers: ({ config }) => config.table["mcp_servers"],
  mcp: ({ config }) => config.table["mcp_servers"],
  openai_api_key: ({ model }) => model.kind === "provider" && model.key?.reveal(),
  codex_model: ({ session }) => session.model,
  model_reasoning_effort: ({ config }) => config.table["model_reasoning_effort"],
  codex_system_prompt: ({ config }) => config.agentsMd,
  ai_prompt: ({ session }) => session.initialPrompt,
  continue: ({ session }) => session.continue,
  enable_state_persistence: ({ statePersistence }) => statePersistence,
  enable_aibridge: ({ model }) => model.baseUrl,
  enable_ai_gateway: ({ model, config }) => [model.baseUrl, config.table["model_provider"]],
  agentapi_port: ({ api }) => api.port,
  pre_install_script: ({ startScripts }) => startScripts.preInstall,
  enable_boundary: ({ network }) => network?.mode,
  boundary_config_path: ({ network }) => network?.egress?.rules.map(({ name }) => name),
  post_install_script: ({ startScripts }) => startScripts.postInstall,
  order: ({ labels }) => labels,
  group: ({ labels }) => labels,
};

const inputs = rowsOf("Written in another way");
const always = rowsOf("Not an input");
const none = rowsOf("Without anything in its place");

test("every variable of the module is in one row", () => {
  const variables = [...inputs, ...always, ...none].map(([variable]) => variable);
  expect(new Set(variables).size).toBe(variables.length);
  expect([...variables].sort()).toMatchInlineSnapshot(`
    [
      "additional_extensions",
      "additional_mcp_servers",
      "agent_id",
      "agentapi_port",
      "agentapi_subdomain",
      "agentapi_version",
      "ai_prompt",
      "approval_policy",
      "base_config_toml",
      "boundary_config_path",
      "boundary_version",
      "cli_app",
      "cli_app_display_name",
      "codex_model",
      "codex_system_prompt",
      "codex_version",
      "compile_boundary_from_source",
      "continue",
      "enable_ai_gateway",
      "enable_aibridge",
      "enable_boundary",
      "enable_state_persistence",
      "extra_codex_settings_toml",
      "folder",
      "group",
      "icon",
      "install_agentapi",
      "install_codex",
      "mcp",
      "mcp_config_remote_path",
      "model_reasoning_effort",
      "module_dir_name",
      "network_access",
      "openai_api_key",
      "order",
      "pid_file_path",
      "post_install_script",
      "pre_install_script",
      "report_tasks",
      "sandbox_mode",
      "state_file_path",
      "subdomain",
      "task_log_snapshot",
      "use_boundary_directly",
      "web_app_display_name",
      "workdir",
    ]
  `);
});

test("every effect of an example", () => {
  const seen = inputs.map(([variable = "", , , example = ""]) => {
    const plan = planOf(parseToml(example, { layer: variable }));
    return [variable, effects[variable]?.(plan)];
  });
  expect(Object.fromEntries(seen)).toMatchInlineSnapshot(`
    {
      "additional_extensions": {
        "docs": {
          "args": [
            "-y",
            "docs-mcp-server",
          ],
          "command": "npx",
        },
      },
      "additional_mcp_servers": {
        "docs": {
          "command": "npx",
        },
      },
      "agentapi_port": 4000,
      "ai_prompt": "Read the README.",
      "approval_policy": "never",
      "base_config_toml": [
        undefined,
        "read-only",
      ],
      "boundary_config_path": undefined,
      "codex_model": "gpt-5.4",
      "codex_system_prompt": "Run the tests.",
      "codex_version": "0.162.1",
      "continue": false,
      "enable_ai_gateway": [
        "https://gateway.example.com/v1",
        "workspace",
      ],
      "enable_aibridge": "https://gateway.example.com/v1",
      "enable_boundary": undefined,
      "enable_state_persistence": false,
      "extra_codex_settings_toml": "low",
      "folder": "/home/coder/project",
      "group": {
        "group": "agents",
      },
      "install_codex": false,
      "mcp": {
        "docs": {
          "url": "https://docs.example.com/mcp",
        },
      },
      "model_reasoning_effort": "high",
      "network_access": {
        "exclude_slash_tmp": false,
        "exclude_tmpdir_env_var": false,
        "network_access": false,
        "writable_roots": [],
      },
      "openai_api_key": "value-of-the-variable",
      "order": {
        "order": "1",
      },
      "post_install_script": "#!/bin/bash
    source .envrc
    ",
      "pre_install_script": "git fetch",
      "sandbox_mode": "read-only",
      "workdir": "/home/coder/project",
    }
  `);
});

test.each(inputs)("%s: the example does what it says, and no default does", (variable = "", _, __, example = "") => {
  const effect = (spec: unknown): unknown =>
    effects[variable]?.(
      planOf(spec, { gateways: true, resolveSecret: (reference) => new Secret(JSON.stringify(reference)) }),
    );
  expect(effect(parseToml(example, { layer: variable }))).not.toEqual(effect({}));
});

test.each(inputs)("%s: the example says it with the input that the row names", (_, __, input = "", example = "") => {
  const names = [...input.matchAll(/`?([a-zA-Z.]+)`?/g)].map(([, name = ""]) => name);
  const spec = parseSpec(parseToml(example, { layer: "example" }));
  expect(names.some((name) => name in spec || hasPath(spec, name))).toBe(true);
});

const keptNames: readonly unknown[] = ["workdir", "continue"];
const renamed = [...inputs, ...always, ...none].filter(([variable]) => !keptNames.includes(variable));

test.each(renamed)("%s, written as it was, is met with what to do", (variable = "") => {
  const { problems } = refusalOf({ [variable]: "x" });
  expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/did you mean|is of Coder's module/)]);
});

test.each(always)("%s is nothing to write", (variable = "") => {
  expect(formerInput(variable)).toBe("leave it out, since it is always so");
});

test.each(none)("%s has nothing in its place", (variable = "") => {
  expect(formerInput(variable)).toBe("leave it out, since nothing takes its place");
});

test("the defaults of the module can be had back", () => {
  const section = page.split(/^## /m)[0] ?? "";
  const examples = [...section.matchAll(/\| `(\w+ = [^`]+)` +\|$/gm)].map(([, example = ""]) => example);
  const inputs = examples.map((example) => Object.keys(parseSpec(parseToml(example, { layer: "example" }))));
  expect(inputs).toEqual([["approvalPolicy"], ["model"], ["trustProject"], ["systemPrompt"]]);
});

function hasPath(value: unknown, path: string): boolean {
  const found = path
    .split(".")
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
  return found !== undefined;
}

function refusalOf(spec: unknown): WorkspaceError {
  try {
    parseSpec(spec);
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(spec)}`);
}
