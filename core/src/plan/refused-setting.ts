import { type KeyPath, renderKeyPath } from "../config/key-path.ts";
import type { ConfigLayer } from "../config/layers.ts";
import { isTomlTable, type TomlTable, valueOf } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";

/** A setting that no Codex, or not this one, can be given: named by the layer that a user wrote it in. */
export function refusedSetting(layers: readonly ConfigLayer[], path: KeyPath, message: string): WorkspaceError {
  const where = renderKeyPath([layerOf(layers, path), ...path]);
  return new WorkspaceError(`${where}: ${message}`, {
    code: "SPEC_INVALID",
    remedy: `Correct ${where}.`,
    problems: [{ path: where, message }],
  });
}

/** The last layer that says something at the path, or above it where the path leads into an array. */
function layerOf(layers: readonly ConfigLayer[], path: KeyPath): string {
  return layers.findLast(({ table }) => reaches(table, path))?.name ?? layers.at(-1)?.name ?? "";
}

function reaches(table: TomlTable, [key = "", ...rest]: KeyPath): boolean {
  const value = valueOf(table, key);
  if (value === undefined) return false;
  return rest.length === 0 || !isTomlTable(value) || reaches(value, rest);
}
