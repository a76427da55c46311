import type { KeyPath } from "./key-path.ts";
import { isTomlTable, type TomlTable, type TomlValue, valueOf } from "./toml-table.ts";
import { equalValues } from "./toml-value.ts";

/** One difference: `from` is undefined where a key is added, `to` where it is removed. */
interface TomlDifference {
  readonly path: KeyPath;
  readonly from: TomlValue | undefined;
  readonly to: TomlValue | undefined;
}

/** What leads from one table to another, as far up as a whole key is added or removed; arrays count as one value. */
export function diffTables(from: TomlTable, to: TomlTable, path: KeyPath = []): TomlDifference[] {
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...keys].flatMap((key) => diffValues(valueOf(from, key), valueOf(to, key), [...path, key]));
}

function diffValues(from: TomlValue | undefined, to: TomlValue | undefined, path: KeyPath): TomlDifference[] {
  if (isTomlTable(from) && isTomlTable(to)) return diffTables(from, to, path);
  return equalValues(from, to) ? [] : [{ path, from, to }];
}
