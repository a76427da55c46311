import { type Problem, WorkspaceError } from "../errors.ts";
import { type KeyPath, renderKeyPath } from "./key-path.ts";
import { showValue } from "./shown-value.ts";
import { createTomlTable, isTomlTable, type TomlTable, type TomlValue, valueOf } from "./toml-table.ts";
import { equalValues, kindOf } from "./toml-value.ts";

/** One source of settings. */
export interface ConfigLayer {
  readonly name: string;
  readonly table: TomlTable;
}

/** Where a key's value came from. */
export interface Origin {
  readonly path: KeyPath;
  readonly layer: string;
  readonly value: TomlValue;
  /** What earlier layers said, earliest first. */
  readonly overridden: readonly { readonly layer: string; readonly value: TomlValue }[];
}

export interface MergedLayers {
  readonly table: TomlTable;
  /** By the path as a TOML key (`projects."/work".trust_level`), in the order of `table`. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** Keys that Codex reads as a word or as a table, so that a layer's value takes the place of the earlier ones whole. */
const wholeValues: readonly string[] = ["approval_policy"];

/**
 * Merges layers key by key, later ones winning. Tables merge deep; any other value, arrays too, is replaced whole.
 *
 * @throws WorkspaceError `TOML_CONFLICT` naming every key that is a table in one layer and a value in another
 */
export function mergeLayers(layers: readonly ConfigLayer[]): MergedLayers {
  const origins = new Map<string, Origin>();
  const problems: Problem[] = [];
  const contributions = layers.map(({ name, table }) => ({ layer: name, value: table }));
  const table = mergeTables([], contributions, { origins, problems });
  if (problems.length > 0) {
    const keys = problems.length === 1 ? "a key is" : `${problems.length} keys are`;
    throw new WorkspaceError(`${keys} a table in one layer and a value in another`, {
      code: "TOML_CONFLICT",
      remedy: "Write each of these keys as a table everywhere, or as a value everywhere.",
      problems,
    });
  }
  return { table, origins };
}

/**
 * Moves a layer's bare `network_access` to `sandbox_workspace_write`, where Codex reads it. Earlier modules for
 * Codex workspaces documented the bare form, so it is taken to mean that.
 *
 * @throws WorkspaceError `TOML_CONFLICT` if both are given and differ
 */
export function normalizeNetworkAccess({ name, table }: ConfigLayer): ConfigLayer {
  const bare = valueOf(table, "network_access");
  if (bare === undefined) return { name, table };
  const nested = valueOf(table, "sandbox_workspace_write") ?? createTomlTable();
  const given = isTomlTable(nested) ? valueOf(nested, "network_access") : nested;
  if (!isTomlTable(nested) || (given !== undefined && !equalValues(given, bare))) {
    const message = `is ${showValue([], bare)}, but ${
      isTomlTable(nested) ? "sandbox_workspace_write.network_access" : "sandbox_workspace_write"
    } is ${showValue([], given ?? nested)}`;
    throw new WorkspaceError(`${name}: network_access ${message}`, {
      code: "TOML_CONFLICT",
      remedy: "Write `sandbox_workspace_write.network_access` alone.",
      problems: [{ path: `${name}.network_access`, message }],
    });
  }
  const rest = Object.fromEntries(Object.entries(table).filter(([key]) => key !== "network_access"));
  return { name, table: { ...rest, sandbox_workspace_write: { ...nested, network_access: bare } } };
}

interface Contribution<Value extends TomlValue = TomlValue> {
  readonly layer: string;
  readonly value: Value;
}

interface MergeRecord {
  readonly origins: Map<string, Origin>;
  readonly problems: Problem[];
}

function mergeTables(path: KeyPath, contributions: readonly Contribution<TomlTable>[], record: MergeRecord): TomlTable {
  const merged = createTomlTable();
  for (const key of new Set(contributions.flatMap(({ value }) => Object.keys(value)))) {
    const below = contributions.flatMap(({ layer, value: table }) => {
      const value = valueOf(table, key);
      return value === undefined ? [] : [{ layer, value }];
    });
    const value = mergeValues([...path, key], below, record);
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function mergeValues(
  path: KeyPath,
  contributions: readonly Contribution[],
  { origins, problems }: MergeRecord,
): TomlValue | undefined {
  const isWhole = wholeValues.includes(renderKeyPath(path));
  const tables = contributions.filter((contribution): contribution is Contribution<TomlTable> =>
    isTomlTable(contribution.value),
  );
  const values = contributions.filter(({ value }) => !isTomlTable(value));
  if (!isWhole && tables.length > 0 && values.length > 0) {
    const kinds = values.map(({ layer, value }) => `${kindOf(value)} in ${layer}`).join(", ");
    const message = `is a table in ${tables.map(({ layer }) => layer).join(", ")}, but ${kinds}`;
    problems.push({ path: renderKeyPath(path), message });
    return undefined;
  }
  if (!isWhole && tables.some(({ value }) => Object.keys(value).length > 0))
    return mergeTables(path, tables, { origins, problems });
  const winner = contributions.at(-1);
  if (winner === undefined) return undefined;
  origins.set(renderKeyPath(path), { path, ...winner, overridden: contributions.slice(0, -1) });
  return winner.value;
}
