/**
 * The variables of Coder's Codex module, 1.0 to 5.3, that are not inputs of a spec by the same name: what to do about
 * each. docs/migrate-from-coder.md has them all; a test keeps both equal.
 */
const formerInputs: Readonly<Record<string, string>> = {
  folder: "write `workdir`",
  extra_codex_settings_toml: "write `extraSettings`",
  additional_extensions: "write `mcpServers`, or `extraSettings`",
  additional_mcp_servers: "write `mcpServers`, or `extraSettings`",
  mcp: "write `mcpServers`, or `extraSettings`",
  openai_api_key: "write `modelProvider.apiKey`",
  codex_model: "write `model`",
  codex_system_prompt: "write `systemPrompt`",
  ai_prompt: "write `initialPrompt`",
  enable_state_persistence: "write `statePersistence`",
  enable_aibridge: "write `modelProvider`",
  enable_ai_gateway: "write `modelProvider`",
  agentapi_port: "write `api.port`",
  order: "write `labels`",
  group: "write `labels`",
  ...all("leave it out, since it is always so", [
    ["install_agentapi", "agentapi_version"],
    ["state_file_path", "pid_file_path", "task_log_snapshot", "report_tasks", "cli_app"],
  ]),
  ...all("write `network`", [["enable_boundary", "boundary_config_path"]]),
  ...all("leave it out, since nothing takes its place", [
    ["agent_id", "icon", "subdomain", "agentapi_subdomain", "web_app_display_name", "cli_app_display_name"],
    ["module_dir_name", "mcp_config_remote_path", "boundary_version", "compile_boundary_from_source"],
    ["use_boundary_directly"],
  ]),
};

/** What to do about a key that the module had, also where it is written in camel case. */
export function formerInput(key: string): string | undefined {
  const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.hasOwn(formerInputs, name) ? formerInputs[name] : undefined;
}

function all(advice: string, names: readonly (readonly string[])[]): Record<string, string> {
  return Object.fromEntries(names.flat().map((name) => [name, advice]));
}
