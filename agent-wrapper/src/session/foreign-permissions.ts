import type { ConfigLayer } from "../codex/protocol.ts";

/** Keys of config.toml that select and define permission profiles. */
export const permissionKeys: readonly string[] = ["default_permissions", "permissions"];

/**
 * Returns a sentence for each permission profile of a file that Codex reads. The `sandbox` of a thread replaces the
 * profile without a warning (observed on 0.140 to 0.171), so the profile would have no effect.
 */
export function foreignPermissions(layers: readonly ConfigLayer[]): string[] {
  return layers
    .filter(({ disabledReason }) => disabledReason == null)
    .flatMap(({ name, config }) =>
      permissionKeys
        .filter((key) => Object.hasOwn(config, key))
        .map((key) => `${pathOf(name)} sets ${key}, which a session's sandbox mode replaces: remove it from the file.`),
    );
}

function pathOf({ type, file, dotCodexFolder }: ConfigLayer["name"]): string {
  return file ?? (dotCodexFolder === undefined ? `Codex's layer ${type}` : `${dotCodexFolder}/config.toml`);
}
