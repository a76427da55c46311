import { isDeepStrictEqual } from "node:util";
import type { ConfigLayer } from "../codex/protocol.ts";

/** Keys of config.toml that select and define permission profiles. */
export const permissionKeys: readonly string[] = ["default_permissions", "permissions"];

/** Returns the permission keys of a config.toml, as plain objects. */
export function permissionsOf(table: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    permissionKeys.flatMap((key) => (Object.hasOwn(table, key) ? [[key, structuredClone(table[key])]] : [])),
  );
}

/**
 * Returns a sentence for each permission key that a file of Codex's has and our config.toml has not, or has otherwise. What
 * a thread is started with replaces the profile without a warning (observed on 0.140 to 0.171), and a second definition of
 * our profile would be merged into ours.
 *
 * @param configured - the permission keys of our config.toml
 */
export function foreignPermissions(
  layers: readonly ConfigLayer[],
  configured: Readonly<Record<string, unknown>>,
): string[] {
  return layers
    .filter(({ disabledReason }) => disabledReason == null)
    .flatMap(({ name, config }) =>
      Object.entries(permissionsOf(config))
        .filter(([key, value]) => name.type !== "user" || !isDeepStrictEqual(value, configured[key]))
        .map(([key]) => `${pathOf(name)} sets ${key}, which the workspace replaces: remove it from the file.`),
    );
}

function pathOf({ type, file, dotCodexFolder }: ConfigLayer["name"]): string {
  return file ?? (dotCodexFolder === undefined ? `Codex's layer ${type}` : `${dotCodexFolder}/config.toml`);
}
