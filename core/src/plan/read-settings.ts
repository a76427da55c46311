import { parseToml, type TomlTable, toTomlTable } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";
import { describeFault, jsonFault, settingsBounds } from "../json-bounds.ts";

/**
 * Returns the settings of an input, which are an object or TOML text.
 *
 * @throws WorkspaceError `TOML_INVALID`
 */
export function readSettings(layer: string, settings: string | Readonly<Record<string, unknown>>): TomlTable {
  if (typeof settings !== "string") return toTomlTable(settings, { layer });
  const table = parseToml(settings, { layer });
  const fault = jsonFault(table, { ...settingsBounds, anyNumber: true });
  if (fault === undefined) return table;
  throw new WorkspaceError(`${layer} has settings that Codex cannot read: ${describeFault(fault)}`, {
    code: "TOML_INVALID",
    remedy: `Correct that setting of ${layer}.`,
    problems: [{ path: layer, message: describeFault(fault) }],
  });
}
