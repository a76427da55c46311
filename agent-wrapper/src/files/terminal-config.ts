import { parseToml, renderToml, type TomlTable } from "@codex-workspace/core";

/**
 * The config.toml of the terminal's own CODEX_HOME: what a TUI needs to attach to our app-server without asking
 * questions first. It calls no model itself, so it gets no key, and no model's name either: the thread has one, and where
 * a newer model is out the terminal of 0.140 asks first whether to change to it.
 */
export function terminalConfigToml(configToml: string): string {
  const { model_provider, model_providers, projects, features, notice } = parseToml(configToml, {
    layer: "config.toml",
  });
  const picked = { model_provider, model_providers: withoutKeys(model_providers), projects, features, notice };
  const given = Object.entries(picked).filter(([, value]) => value !== undefined);
  return renderToml({
    ...(Object.fromEntries(given) as TomlTable),
    check_for_update_on_startup: false,
    tui: { screen_reader_detection_done: true },
  });
}

function withoutKeys(providers: unknown): TomlTable {
  const entries = Object.entries((providers ?? {}) as Record<string, TomlTable>);
  const withoutKey = (provider: TomlTable): TomlTable =>
    Object.fromEntries(Object.entries(provider).filter(([key]) => key !== "env_key"));
  return Object.fromEntries(entries.map(([id, provider]) => [id, withoutKey(provider)]));
}
