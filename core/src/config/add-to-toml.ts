import { equalPaths, isAtOrBelow, type KeyPath, renderKeyPath } from "./key-path.ts";
import { lineStart, nextLine, type TextEdit } from "./text-edit.ts";
import type { TomlEntry, TomlInlineTable, TomlSection, TomlSource } from "./toml-source.ts";
import { createTomlTable, isTomlTable, renderToml, type TomlTable, type TomlValue, valueOf } from "./toml-table.ts";
import { isArrayOfTables, renderInline } from "./toml-value.ts";

/** A key that the document does not have, in a table that it has. */
interface TomlAddition {
  readonly path: KeyPath;
  readonly value: TomlValue;
}

/**
 * The edits that add keys to a document, each in the style in which its table is written: below the last key of its
 * header, beside its dotted keys, inside its inline table. What has no such place becomes a table at the end.
 */
export function addToToml(source: TomlSource, additions: readonly TomlAddition[]): TextEdit[] {
  const edits: TextEdit[] = [];
  const held = new Map<TomlSection | TomlInlineTable, TomlAddition[]>();
  const atEnd = createTomlTable();
  for (const addition of additions) {
    const parent = addition.path.slice(0, -1);
    const sibling = findDottedSibling(source, parent);
    const holder = findHolder(source, parent, addition.value);
    if (sibling !== undefined) edits.push(addBeside(source, sibling, addition));
    else if (holder !== undefined) held.set(holder, [...(held.get(holder) ?? []), addition]);
    else setAt(atEnd, addition.path, addition.value);
  }
  for (const [holder, added] of held) {
    const keyValues = added.map(({ path, value }) => renderKeyValue(path.slice(holder.path.length), value));
    edits.push(holder.kind === "inline" ? addToInline(holder, keyValues) : addToSection(source, holder, keyValues));
  }
  if (Object.keys(atEnd).length > 0) edits.push(appendTables(source, atEnd, edits));
  return edits;
}

/** What a key can be written in: the inline table that its table is, or the section, if it needs no header itself. */
function findHolder(
  { entries, sections }: TomlSource,
  parent: KeyPath,
  value: TomlValue,
): TomlSection | TomlInlineTable | undefined {
  const inline = entries.find(({ path }) => equalPaths(path, parent))?.inline;
  if (inline !== undefined || isTomlTable(value) || isArrayOfTables(value)) return inline;
  return sections.find(({ kind, path }) => kind !== "block" && equalPaths(path, parent));
}

/** The last key that made `parent` a table by a dot: `parent.key = value`. Such a table can have no header. */
function findDottedSibling({ entries }: TomlSource, parent: KeyPath): TomlEntry | undefined {
  return entries.findLast(
    ({ path, holder }) =>
      holder.path.length < parent.length && path.length > parent.length && isAtOrBelow(path, parent),
  );
}

function addBeside(source: TomlSource, sibling: TomlEntry, { path, value }: TomlAddition): TextEdit {
  const { holder, start, end } = sibling;
  const key = path.slice(holder.path.length);
  if (holder.kind === "inline") return { start: end, end, text: `, ${renderKeyValue(key, value)}` };
  const line = indentAt(source.text, start) + renderKeyValue(key, value);
  return insertLines(source, nextLine(source.text, end), [line]);
}

function addToInline({ start, entries }: TomlInlineTable, keyValues: readonly string[]): TextEdit {
  const last = entries.at(-1);
  const text = keyValues.join(", ");
  return last === undefined
    ? { start: start + 1, end: start + 1, text: ` ${text} ` }
    : { start: last.end, end: last.end, text: `, ${text}` };
}

function addToSection(source: TomlSource, section: TomlSection, keyValues: readonly string[]): TextEdit {
  const { text, sections } = source;
  const last = section.body.at(-1);
  if (last !== undefined) {
    const indent = indentAt(text, last.start);
    const lines = keyValues.map((keyValue) => indent + keyValue);
    return insertLines(source, nextLine(text, last.end), lines);
  }
  if (section.kind === "table") return insertLines(source, nextLine(text, section.headerEnd), keyValues);
  const [, first] = sections;
  if (first === undefined) return insertLines(source, text.length, keyValues);
  return insertLines(source, startWithComments(text, first.headerStart), [...keyValues, ""]);
}

function appendTables(source: TomlSource, table: TomlTable, earlier: readonly TextEdit[]): TextEdit {
  const { text } = source;
  const lines = renderToml(table).trimEnd().split("\n");
  const follows = text !== "" || earlier.length > 0;
  const setApart = follows && (!/\n[ \t]*\r?\n$/.test(text) || earlier.some(({ start }) => start === text.length));
  return insertLines(source, text.length, setApart ? ["", ...lines] : lines);
}

/** Whole lines at the start of a line. At the end of a text whose last line is unfinished, the new last line is too. */
function insertLines({ text, lineBreak }: TomlSource, at: number, lines: readonly string[]): TextEdit {
  const unfinished = at === text.length && text !== "" && !text.endsWith("\n");
  const inserted = lines.map((line) => (unfinished ? lineBreak + line : line + lineBreak));
  return { start: at, end: at, text: inserted.join("") };
}

/** Where the header and the comments directly above it start. Nothing but comments and blank lines may stand before. */
function startWithComments(text: string, headerStart: number): number {
  let start = lineStart(text, headerStart);
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!text.slice(above, start).trimStart().startsWith("#")) break;
    start = above;
  }
  return start;
}

function indentAt(text: string, offset: number): string {
  return text.slice(lineStart(text, offset), offset);
}

function renderKeyValue(key: KeyPath, value: TomlValue): string {
  return `${renderKeyPath(key)} = ${renderInline(value)}`;
}

function setAt(table: TomlTable, path: KeyPath, value: TomlValue): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    table[key] = value;
    return;
  }
  const existing = valueOf(table, key);
  const below = isTomlTable(existing) ? existing : createTomlTable();
  table[key] = below;
  setAt(below, rest, value);
}
