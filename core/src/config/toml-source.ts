import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { KeyPath } from "./key-path.ts";
import { invalidToml, type TomlLayerOptions } from "./toml-table.ts";

/** Where in a text its keys, values and tables are written; offsets as in `String.slice`. */
export interface TomlSource {
  readonly text: string;
  /** What new lines end with. */
  readonly lineBreak: string;
  /** Every `key = value` in the order of the text, those of inline tables included; without what stands in arrays. */
  readonly entries: readonly TomlEntry[];
  /** The root, then every `[table]` and `[[block]]` in the order of the text. */
  readonly sections: readonly [root: TomlSection, ...TomlSection[]];
}

/** A `key = value`. */
export interface TomlEntry {
  readonly path: KeyPath;
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  /** What the key is written in, and its own path is relative to. */
  readonly holder: TomlSection | TomlInlineTable;
  /** The value, if it is an inline table. */
  readonly inline: TomlInlineTable | undefined;
}

/** The root of the document, or a header and what is written below it. */
export interface TomlSection {
  readonly kind: "root" | "table" | "block";
  /** Of a block, and of a table inside one: the path of the outermost array of blocks. */
  readonly path: KeyPath;
  readonly headerStart: number;
  /** The end of the header's last segment: still on the header's line. */
  readonly headerEnd: number;
  readonly body: readonly { readonly start: number; readonly end: number }[];
}

/** A `{ key = value }`. */
export interface TomlInlineTable {
  readonly kind: "inline";
  readonly path: KeyPath;
  readonly start: number;
  readonly entries: readonly TomlInlineEntry[];
}

/** A `key = value` of an inline table, and where the comma after it is, if there is one. */
interface TomlInlineEntry {
  readonly start: number;
  readonly end: number;
  readonly comma: number | undefined;
}

/**
 * Locates everything in a text that `parseToml` has accepted.
 *
 * @throws WorkspaceError `TOML_INVALID`
 */
export function locateToml(
  text: string,
  { layer, lineBreak }: TomlLayerOptions & { readonly lineBreak: string },
): TomlSource {
  const { tokens, body } = parseAst(text, layer);
  const commas = tokens
    .filter(({ type, value }) => type === "Punctuator" && value === ",")
    .map(({ range }) => range[0]);
  const [{ body: nodes }] = body;
  const entries: TomlEntry[] = [];
  const root = createRoot(nodes.filter((node) => node.type === "TOMLKeyValue"));
  const sections: [TomlSection, ...TomlSection[]] = [root];
  for (const node of nodes) {
    if (node.type === "TOMLKeyValue") {
      addEntry(node, root, { entries, commas });
      continue;
    }
    const section = createSection(node);
    sections.push(section);
    if (section.kind === "block") continue;
    for (const entry of node.body) addEntry(entry, section, { entries, commas });
  }
  return { text, lineBreak, entries, sections };
}

function parseAst(text: string, layer: string): AST.TOMLProgram {
  try {
    // toml-eslint-parser 1.0.3 gives a lone `0` at the very end of a text an empty range: so it never is at the end.
    return parseTOML(`${text}\n`, { tomlVersion: "1.1" });
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw invalidToml(text, { layer, line: cause.lineNumber, column: cause.column + 1, message: cause.message, cause });
  }
}

function createRoot(entries: readonly AST.TOMLKeyValue[]): TomlSection {
  return { kind: "root", path: [], headerStart: 0, headerEnd: 0, body: entries.map(rangeOf) };
}

function createSection({ resolvedKey, key, body }: AST.TOMLTable): TomlSection {
  const block = resolvedKey.findIndex((segment) => typeof segment === "number");
  return {
    kind: block === -1 ? "table" : "block",
    path: resolvedKey.slice(0, block === -1 ? undefined : block).map(String),
    headerStart: key.range[0],
    headerEnd: key.range[1],
    body: body.map(rangeOf),
  };
}

function rangeOf({ range: [start, end] }: AST.TOMLNode): { start: number; end: number } {
  return { start, end };
}

interface Found {
  readonly entries: TomlEntry[];
  /** Where commas are; those of arrays too. */
  readonly commas: readonly number[];
}

function addEntry(node: AST.TOMLKeyValue, holder: TomlSection | TomlInlineTable, found: Found): void {
  const keys = node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value));
  const path = [...holder.path, ...keys];
  const inline = node.value.type === "TOMLInlineTable" ? createInline(node.value, path, found.commas) : undefined;
  found.entries.push({ path, ...rangeOf(node), valueStart: node.value.range[0], holder, inline });
  if (inline === undefined || node.value.type !== "TOMLInlineTable") return;
  for (const entry of node.value.body) addEntry(entry, inline, found);
}

function createInline(node: AST.TOMLInlineTable, path: KeyPath, commas: readonly number[]): TomlInlineTable {
  const entries = node.body.map((entry, index) => {
    const { start, end } = rangeOf(entry);
    const limit = node.body[index + 1]?.range[0] ?? node.range[1];
    return { start, end, comma: commas.find((offset) => offset >= end && offset < limit) };
  });
  return { kind: "inline", path, start: node.range[0], entries };
}
