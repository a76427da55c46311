import { diffTables } from "./diff-tables.ts";
import { editToml } from "./edit-toml.ts";
import { isAtOrBelow, type KeyPath } from "./key-path.ts";
import { showValue } from "./shown-value.ts";
import { createTomlTable, isTomlTable, parseToml, type TomlTable, type TomlValue, valueOf } from "./toml-table.ts";
import { equalValues } from "./toml-value.ts";

export interface ConfigVersions {
  /** What we wrote last time; undefined before the first time. */
  readonly base: string | undefined;
  /** What we would write now into an empty file. */
  readonly next: string;
  /** The file as Codex and a person left it; undefined if there is none. */
  readonly current: string | undefined;
  /**
   * Keys, or tables with every key we set in them, that keep our value even if only somebody else changed it.
   * @default []
   */
  readonly required?: readonly KeyPath[];
  /**
   * The file's name in CODEX_HOME, for messages.
   * @default "config.toml"
   */
  readonly file?: string;
}

export interface ConfigMerge {
  readonly text: string;
  /** Whether `text` differs from the current file. */
  readonly changed: boolean;
  readonly applied: readonly ConfigChange[];
  readonly conflicts: readonly ConfigConflict[];
}

/** A key that the merge wrote into the file, or took out of it. */
export interface ConfigChange {
  readonly path: KeyPath;
  readonly change: "added" | "changed" | "removed";
}

/** A key where we wanted one thing and the file had been given another. */
export interface ConfigConflict {
  readonly path: KeyPath;
  readonly kept: "ours" | "theirs";
  /** As TOML text, or only its kind where it may be secret; undefined where the key was absent. */
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/**
 * Brings config.toml to our newest settings and changes nothing else in it: a key changes only where ours changed since
 * `base`; whatever Codex or a person wrote survives byte for byte. Where both sides changed a key, ours wins; a key that
 * we no longer set but they changed stays. Both are reported.
 *
 * @throws WorkspaceError `TOML_INVALID` if one of the texts is no TOML; the file is then best left as it is
 */
export function mergeConfigToml(versions: ConfigVersions): ConfigMerge {
  const { base, next, current, required = [], file = "config.toml" } = versions;
  const ours = parseToml(next, { layer: "the configuration to apply" });
  if (current === undefined) {
    return { text: next, changed: true, applied: changesBetween(createTomlTable(), ours), conflicts: [] };
  }
  const lastApplied = base === undefined ? undefined : parseToml(base, { layer: "the configuration last applied" });
  const layer = `CODEX_HOME/${file}`;
  const theirs = parseToml(current, { layer });
  const conflicts: ConfigConflict[] = [];
  const merged = mergeTables([], { base: lastApplied, next: ours, current: theirs }, { required, conflicts });
  const text = editToml(current, merged, { layer });
  return { text, changed: text !== current, applied: changesBetween(theirs, merged), conflicts };
}

interface Versions<Value extends TomlValue = TomlValue> {
  readonly base: Value | undefined;
  readonly next: Value | undefined;
  readonly current: Value | undefined;
}

interface MergeContext {
  readonly required: readonly KeyPath[];
  readonly conflicts: ConfigConflict[];
}

function mergeTables(path: KeyPath, { base, next, current }: Versions<TomlTable>, context: MergeContext): TomlTable {
  const merged = createTomlTable();
  for (const key of new Set([...Object.keys(current ?? {}), ...Object.keys(next ?? {})])) {
    const below = { base: valueOf(base, key), next: valueOf(next, key), current: valueOf(current, key) };
    const value = mergeValues([...path, key], below, context);
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function mergeValues(path: KeyPath, versions: Versions, context: MergeContext): TomlValue | undefined {
  const { base, next, current } = versions;
  if (equalValues(base, next) && (next === undefined || !isRequired(path, context.required))) return current;
  if (equalValues(current, next)) return current;
  const tables = asTables(versions);
  if (tables !== undefined) return dropIfEmptied(mergeTables(path, tables, context), tables);
  const untouched = equalValues(current, base);
  if (!untouched) {
    const kept = next === undefined ? "theirs" : "ours";
    context.conflicts.push({ path, kept, ours: show(path, next), theirs: show(path, current) });
  }
  return next ?? (untouched ? undefined : current);
}

/** The versions as tables, where they can be merged key by key; an absent one counts as empty. */
function asTables({ base, next, current }: Versions): Versions<TomlTable> | undefined {
  const oursIsTable = next === undefined ? isTomlTable(base) : isTomlTable(next);
  if (!oursIsTable || !isTableOrAbsent(current) || !isTableOrAbsent(next)) return undefined;
  if (isTableOrAbsent(base)) return { base, next, current };
  // Both sides turned a value into a table: only what they wrote into it can differ.
  return current === undefined ? undefined : { base: undefined, next, current };
}

/** A table goes with its last key, unless somebody wants it empty: an empty `[mcp_servers.x]` keeps Codex from starting. */
function dropIfEmptied(merged: TomlTable, { next, current }: Versions<TomlTable>): TomlTable | undefined {
  const wantedEmpty = isEmpty(next) || (isEmpty(current) && next !== undefined);
  return isEmpty(merged) && !wantedEmpty ? undefined : merged;
}

function isRequired(path: KeyPath, required: readonly KeyPath[]): boolean {
  return required.some((owned) => isAtOrBelow(path, owned) || isAtOrBelow(owned, path));
}

function isTableOrAbsent(value: TomlValue | undefined): value is TomlTable | undefined {
  return value === undefined || isTomlTable(value);
}

function isEmpty(table: TomlTable | undefined): boolean {
  return table !== undefined && Object.keys(table).length === 0;
}

function show(path: KeyPath, value: TomlValue | undefined): string | undefined {
  return value === undefined ? undefined : showValue(path, value);
}

function changesBetween(from: TomlTable, to: TomlTable): ConfigChange[] {
  return diffTables(from, to).map((difference) => ({
    path: difference.path,
    change: difference.from === undefined ? "added" : difference.to === undefined ? "removed" : "changed",
  }));
}
