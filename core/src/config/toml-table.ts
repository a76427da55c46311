import { parse, stringify, TomlError } from "smol-toml";
import { WorkspaceError } from "../errors.ts";
import { receivedSecret } from "../secret.ts";
import { type KeyPath, renderKeyPath } from "./key-path.ts";

/** A TOML value. `bigint` only for integers beyond 2^53; a date keeps its TOML kind (offset, local, day, time). */
export type TomlValue = string | number | bigint | boolean | Date | TomlValue[] | TomlTable;

export interface TomlTable {
  [key: string]: TomlValue;
}

export interface TomlLayerOptions {
  /** What a message calls this text: a layer or a file. */
  readonly layer: string;
}

interface Refused {
  readonly path: KeyPath;
  readonly value: unknown;
}

interface TomlFault extends TomlLayerOptions {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly cause?: unknown;
}

/**
 * Reads a TOML 1.1 document.
 *
 * @throws WorkspaceError `TOML_INVALID` with layer, line, column and the line itself
 */
export function parseToml(text: string, { layer }: TomlLayerOptions): TomlTable {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [summary = ""] = cause.message.split("\n");
    const message = summary.replace("Invalid TOML document: ", "");
    throw invalidToml(text, { layer, line: cause.line, column: cause.column, message, cause });
  }
}

/** Prints a table: keys of the root first, then tables, each in the order of its keys. Same table, same text. */
export function renderToml(table: TomlTable): string {
  return stringify(table);
}

/**
 * A TOML table from a JavaScript object; properties that are `undefined` are left out.
 *
 * @throws WorkspaceError `TOML_INVALID` naming every value that TOML cannot hold
 */
export function toTomlTable(object: Readonly<Record<string, unknown>>, { layer }: TomlLayerOptions): TomlTable {
  const refused: Refused[] = [];
  const table = convertTable(object, [], refused);
  if (refused.length === 0) return table;
  const problems = refused.map(({ path, value }) => ({
    path: `${layer}.${renderKeyPath(path)}`,
    message: `expected a string, finite number, boolean, date, array or table${receivedSecret(value) ?? ""}`,
  }));
  throw new WorkspaceError(`${layer} has values that TOML cannot hold`, {
    code: "TOML_INVALID",
    remedy: "Leave the key out, or write a value that TOML has: it knows no null.",
    problems,
  });
}

export function isTomlTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

/** Without a prototype, so that a key named `constructor` or `__proto__` is a key like any other. */
export function createTomlTable(): TomlTable {
  return Object.create(null) as TomlTable;
}

/** The value of an own key; a table that was written as an object literal inherits others. */
export function valueOf(table: TomlTable | undefined, key: string): TomlValue | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The error that shows a fault as a compiler does: where, what, the line, a caret below it. */
export function invalidToml(text: string, { layer, line, column, message, cause }: TomlFault): WorkspaceError {
  const lineText = text.split(/\r?\n/)[line - 1] ?? "";
  const margin = `${line} | `;
  const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, " ");
  const shown = `${layer}:${line}:${column}: ${message}\n${margin}${lineText}\n${" ".repeat(margin.length)}${indent}^`;
  return new WorkspaceError(shown, {
    code: "TOML_INVALID",
    remedy: `Correct line ${line} of ${layer}.`,
    problems: [{ path: layer, message, position: { line, column, lineText } }],
    cause,
  });
}

function convertTable(object: object, path: KeyPath, refused: Refused[]): TomlTable {
  const table = createTomlTable();
  for (const [key, value] of Object.entries(object) as [string, unknown][]) {
    if (value !== undefined) table[key] = convert(value, [...path, key], refused);
  }
  return table;
}

function convert(value: unknown, path: KeyPath, refused: Refused[]): TomlValue {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  if (Array.isArray(value)) return value.map((item, index) => convert(item, [...path, String(index)], refused));
  if (isPlainObject(value)) return convertTable(value, path, refused);
  refused.push({ path, value });
  return "";
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
