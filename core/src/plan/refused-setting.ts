import { type KeyPath, renderKeyPath } from "../config/key-path.ts";
import type { ConfigLayer } from "../config/layers.ts";
import { isTomlTable, type TomlTable, valueOf } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";

/** A setting that no Codex can be given. */
export function refusedSetting(layers: readonly ConfigLayer[], path: KeyPath, message: string): WorkspaceError {
  const where = settingAsWritten(layers, path);
  return new WorkspaceError(`${where}: ${message}`, {
    code: "SPEC_INVALID",
    remedy: `Correct ${where}.`,
    problems: [{ path: where, message }],
  });
}

/**
 * A key of config.toml as the user wrote it: `approvalPolicy`, `mcpServers.docs.toolTimeoutSec`,
 * `extraSettings.approval_policy`. The last layer counts that says something at the path, or above it where the path
 * leads into an array.
 */
export function settingAsWritten(layers: readonly ConfigLayer[], path: KeyPath): string {
  const layer = layers.findLast(({ table }) => reaches(table, path))?.name;
  if (layer === "inputs") return path.map(toInputName).join(".");
  // mcp_servers, a name, a key; or mcp_servers, a name, tools, a name, a key.
  if (layer === "mcpServers") return path.map((key, index) => (index % 2 === 0 ? toInputName(key) : key)).join(".");
  return layer === undefined ? renderKeyPath(path) : `${layer}.${renderKeyPath(path)}`;
}

function toInputName(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function reaches(table: TomlTable, [key = "", ...rest]: KeyPath): boolean {
  const value = valueOf(table, key);
  if (value === undefined) return false;
  return rest.length === 0 || !isTomlTable(value) || reaches(value, rest);
}
