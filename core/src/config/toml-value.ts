import { stringify } from "smol-toml";
import { renderKeyPath } from "./key-path.ts";
import { isTomlTable, type TomlTable, type TomlValue, valueOf } from "./toml-table.ts";

/** Whether two values are the same to a reader of the document; the order of a table's keys is not. */
export function equalValues(left: TomlValue | undefined, right: TomlValue | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => equalValues(item, right[index]))
    );
  }
  if (isTomlTable(left)) return isTomlTable(right) && equalTables(left, right);
  if (left instanceof Date) return right instanceof Date && renderInline(left) === renderInline(right);
  return Number.isNaN(left) && Number.isNaN(right);
}

/** The value on one line, as it stands after `key = `; a table as inline table. */
export function renderInline(value: TomlValue): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[ ${value.map(renderInline).join(", ")} ]`;
  if (isTomlTable(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${renderKeyPath([key])} = ${renderInline(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return stringify({ value }).slice("value = ".length).trimEnd();
}

/** What kind of value it is, for a message that must not show it. */
export function kindOf(value: TomlValue): string {
  if (Array.isArray(value)) return "an array";
  if (isTomlTable(value)) return "a table";
  if (value instanceof Date) return "a date";
  if (typeof value === "string") return "a string";
  return typeof value === "boolean" ? "a boolean" : "a number";
}

/** Whether it is an array that can be written as `[[blocks]]`. */
export function isArrayOfTables(value: TomlValue): value is TomlTable[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTomlTable);
}

function equalTables(left: TomlTable, right: TomlTable): boolean {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key], valueOf(right, key)))
  );
}
