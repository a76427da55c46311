import { isAtOrBelow, type KeyPath } from "./key-path.ts";
import { lineBreakOf, lineStart, nextLine, type TextEdit } from "./text-edit.ts";
import type { TomlInlineTable, TomlSource } from "./toml-source.ts";

/** A key that the document has, and the lines that take the place of its table or blocks. */
export interface TomlRemoval {
  readonly path: KeyPath;
  readonly replacement: readonly string[];
}

/**
 * The edits that take keys out of a document: a key of a table goes with its line, a table with its header, a key of an
 * inline table with its comma. Comments on lines of their own stay, blank lines too, but for the one that set a removed
 * table apart.
 */
export function removeFromToml({ text, entries, sections }: TomlSource, removals: readonly TomlRemoval[]): TextEdit[] {
  const isRemoved = (path: KeyPath) => removals.some((removal) => isAtOrBelow(path, removal.path));
  const lines: Lines[] = [];
  for (const { kind, path, headerStart, body } of sections) {
    if (kind === "root" || !isRemoved(path)) continue;
    lines.push({ ...linesOf(text, headerStart, headerStart), startsWithHeader: true });
    lines.push(...body.map(({ start, end }) => linesOf(text, start, end)));
  }
  const removedFromInline = new Map<TomlInlineTable, Set<number>>();
  for (const { holder, path, start, end } of entries) {
    // What a removed section or inline table holds goes with it.
    if (!isRemoved(path) || (holder.kind !== "root" && isRemoved(holder.path))) continue;
    if (holder.kind !== "inline") lines.push(linesOf(text, start, end));
    else removedFromInline.set(holder, (removedFromInline.get(holder) ?? new Set()).add(start));
  }
  for (const { path, replacement } of removals) {
    const first = sections.find((section) => section.kind !== "root" && isAtOrBelow(section.path, path));
    if (first === undefined || replacement.length === 0) continue;
    const start = lineStart(text, first.headerStart);
    lines.push({ start, end: start, startsWithHeader: false, replacement });
  }
  return [
    ...joinLines(lines).map((stretch) => replaceLines(text, stretch)),
    ...[...removedFromInline].flatMap(([inline, starts]) => removeFromInline(text, inline, starts)),
  ];
}

interface Lines {
  readonly start: number;
  readonly end: number;
  readonly startsWithHeader: boolean;
  readonly replacement: readonly string[];
}

function linesOf(text: string, start: number, end: number): Lines {
  return { start: lineStart(text, start), end: nextLine(text, end), startsWithHeader: false, replacement: [] };
}

function joinLines(lines: readonly Lines[]): Lines[] {
  const joined: Lines[] = [];
  for (const next of lines.toSorted((left, right) => left.start - right.start || left.end - right.end)) {
    const last = joined.at(-1);
    if (last?.end !== next.start) joined.push(next);
    else
      joined[joined.length - 1] = { ...last, end: next.end, replacement: [...last.replacement, ...next.replacement] };
  }
  return joined;
}

function replaceLines(text: string, { start, end, startsWithHeader, replacement }: Lines): TextEdit {
  const above = start === 0 ? start : lineStart(text, start - 1);
  const setApart = isBlank(text.slice(above, start)) && isBlank(text.slice(end, nextLine(text, end)));
  return {
    start: startsWithHeader && setApart && replacement.length === 0 ? above : start,
    end,
    text: replacement.map((line) => line + lineBreakOf(text)).join(""),
  };
}

function removeFromInline(text: string, { entries }: TomlInlineTable, starts: ReadonlySet<number>): TextEdit[] {
  const removed = entries.filter(({ start }) => starts.has(start));
  const edits = removed.map(({ start, end, comma }) => removeEntry(text, start, comma === undefined ? end : comma + 1));
  const lastKept = entries.findLast(({ start }) => !starts.has(start));
  const last = entries.at(-1);
  // A last entry without a comma: the one before it, now last, has none either.
  if (lastKept?.comma !== undefined && last?.comma === undefined && lastKept !== last) {
    edits.push({ start: lastKept.comma, end: lastKept.comma + 1, text: "" });
  }
  return edits;
}

/** Removes an entry with the blanks before it; where nothing else is on its line, the line. */
function removeEntry(text: string, start: number, end: number): TextEdit {
  const line = { start: lineStart(text, start), end: nextLine(text, end) };
  if (isBlank(text.slice(line.start, start)) && isBlank(text.slice(end, line.end))) return { ...line, text: "" };
  const before = text.slice(line.start, start);
  return { start: line.start + before.trimEnd().length, end, text: "" };
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
