import { isAtOrBelow, type KeyPath } from "./key-path.ts";
import { lineStart, nextLine, type TextEdit } from "./text-edit.ts";
import type { TomlInlineTable, TomlSource } from "./toml-source.ts";

/** A key that the document has, and the lines that take the place of its table or blocks. */
export interface TomlRemoval {
  readonly path: KeyPath;
  readonly replacement: readonly string[];
}

/**
 * The edits that take keys out of a document: a key of a table goes with its line, a table with its header, a key of an
 * inline table with its comma. Comments on lines of their own stay.
 */
export function removeFromToml(source: TomlSource, removals: readonly TomlRemoval[]): TextEdit[] {
  const { text, entries, sections } = source;
  const isRemoved = (path: KeyPath) => removals.some((removal) => isAtOrBelow(path, removal.path));
  const lines: Lines[] = [];
  for (const { kind, path, headerStart, body } of sections) {
    if (kind === "root" || !isRemoved(path)) continue;
    lines.push(linesOf(text, headerStart, headerStart));
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
    lines.push({ start, end: start, replacement });
  }
  return [
    ...joinLines(text, lines).map((stretch) => replaceLines(source, stretch)),
    ...[...removedFromInline].flatMap(([inline, starts]) => removeFromInline(text, inline, starts)),
  ];
}

interface Lines {
  readonly start: number;
  readonly end: number;
  readonly replacement: readonly string[];
}

function linesOf(text: string, start: number, end: number): Lines {
  return { start: lineStart(text, start), end: nextLine(text, end), replacement: [] };
}

/** Lines that touch become one stretch, blank lines between two of them included. */
function joinLines(text: string, lines: readonly Lines[]): Lines[] {
  const stretches: Lines[] = [];
  for (const line of lines.toSorted((left, right) => left.start - right.start || left.end - right.end)) {
    let stretch = withBlankLine(text, line);
    for (let last = stretches.at(-1); last !== undefined && last.end >= stretch.start; last = stretches.at(-1)) {
      stretches.pop();
      const replacement = [...last.replacement, ...stretch.replacement];
      stretch = withBlankLine(text, { start: last.start, end: stretch.end, replacement });
    }
    stretches.push(stretch);
  }
  return stretches;
}

/** Where a blank line would be left above and below, one goes; so does one at the start or end of the text. */
function withBlankLine(text: string, lines: Lines): Lines {
  const { start, end, replacement } = lines;
  const above = start === 0 ? 0 : lineStart(text, start - 1);
  const below = nextLine(text, end);
  if (replacement.length > 0 || !isBlank(text.slice(above, start)) || !isBlank(text.slice(end, below))) return lines;
  return end === text.length ? { ...lines, start: above } : { ...lines, end: below };
}

function replaceLines({ text, lineBreak }: TomlSource, { start, end, replacement }: Lines): TextEdit {
  const unfinished = end === text.length && !text.endsWith("\n");
  if (!unfinished || start === 0) return { start, end, text: replacement.map((line) => line + lineBreak).join("") };
  // The last line goes: the one before it, now last, is as unfinished as it was.
  const before = text.slice(0, start).replace(/\r?\n$/, "").length;
  return { start: before, end, text: replacement.map((line) => lineBreak + line).join("") };
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
