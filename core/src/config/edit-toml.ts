import { addToToml } from "./add-to-toml.ts";
import { diffTables } from "./diff-tables.ts";
import { equalPaths, type KeyPath } from "./key-path.ts";
import { removeFromToml, type TomlRemoval } from "./remove-from-toml.ts";
import { applyEdits, lineBreakOf, type TextEdit } from "./text-edit.ts";
import { locateToml } from "./toml-source.ts";
import {
  isTomlTable,
  parseToml,
  renderToml,
  type TomlLayerOptions,
  type TomlTable,
  type TomlValue,
} from "./toml-table.ts";
import { isArrayOfTables, renderInline } from "./toml-value.ts";

/**
 * Edits a TOML document until it says what `target` says. Only values and lines of keys that differ are touched; every
 * other byte stays, comments on lines of their own included.
 *
 * @throws WorkspaceError `TOML_INVALID`
 */
export function editToml(text: string, target: TomlTable, { layer }: TomlLayerOptions): string {
  const options = { layer, lineBreak: lineBreakOf(text) };
  // Only one of the two parsers takes a byte order mark.
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : "";
  const reduced = replaceAndRemove(text.slice(mark.length), target, options);
  return mark + add(reduced, target, options);
}

const byteOrderMark = "\uFEFF";

interface EditOptions extends TomlLayerOptions {
  readonly lineBreak: string;
}

function replaceAndRemove(text: string, target: TomlTable, options: EditOptions): string {
  const differences = diffTables(parseToml(text, options), target).filter(({ from }) => from !== undefined);
  if (differences.length === 0) return text;
  const source = locateToml(text, options);
  const edits: TextEdit[] = [];
  const removals: TomlRemoval[] = [];
  for (const { path, to } of differences) {
    const entry = source.entries.find((candidate) => equalPaths(candidate.path, path));
    if (to !== undefined && entry !== undefined) {
      edits.push({ start: entry.valueStart, end: entry.end, text: renderInline(to) });
    } else {
      removals.push({ path, replacement: to !== undefined && isArrayOfTables(to) ? renderBlocks(path, to) : [] });
    }
  }
  return applyEdits(text, [...edits, ...removeFromToml(source, removals)]);
}

function renderBlocks(path: KeyPath, blocks: TomlTable[]): string[] {
  const nested = path.reduceRight<TomlValue>((value, key) => ({ [key]: value }), blocks);
  return isTomlTable(nested) ? renderToml(nested).trimEnd().split("\n") : [];
}

function add(text: string, target: TomlTable, options: EditOptions): string {
  const missing = diffTables(parseToml(text, options), target).flatMap(({ path, to }) =>
    to === undefined ? [] : [{ path, value: to }],
  );
  if (missing.length === 0) return text;
  return applyEdits(text, addToToml(locateToml(text, options), missing));
}
