import { WorkspaceError } from "../errors.ts";

export interface ManagedBlock {
  /** The file as it is; undefined if there is none. */
  readonly current: string | undefined;
  /** What the block says; undefined takes the block out. */
  readonly content: string | undefined;
  /**
   * Tells the blocks of one file apart. Part of the markers, so letters, digits, `.`, `_` and `-`.
   * @default "instructions"
   */
  readonly id?: string;
}

/**
 * Writes a block between two marker lines into a Markdown file, in place of the one it wrote before, or at the end.
 * Everything outside of the markers belongs to others and keeps every byte. Undefined: no file, and none is needed.
 *
 * @throws WorkspaceError `MARKER_IN_INPUT` if the content holds a marker, `MARKER_BROKEN` if the file does not hold
 * exactly one pair of this block's markers, or none
 */
export function writeManagedBlock({ current, content, id = "instructions" }: ManagedBlock): string | undefined {
  if (content === undefined) return current === undefined ? undefined : withoutBlock(current, id);
  refuseMarkers(content, id);
  return withBlock(current ?? "", content, id);
}

function withBlock(current: string, content: string, id: string): string {
  const found = findBlock(current, id);
  const lineBreak = /\r?\n/.exec(current)?.[0] ?? "\n";
  const lines = [beginMarker(id), ...content.trimEnd().split(/\r?\n/), endMarker(id)];
  const block = lines.join(lineBreak);
  if (found !== undefined) return current.slice(0, found.start) + block + current.slice(found.end);
  return current + separatorAfter(current, lineBreak) + block + lineBreak;
}

interface Range {
  readonly start: number;
  /** Behind the end marker, before its line break. */
  readonly end: number;
}

interface Marker extends Range {
  readonly edge: "begin" | "end";
  readonly id: string;
  readonly line: number;
}

function beginMarker(id: string): string {
  return `<!-- codex-workspace:begin ${id} (written by codex-workspace; changes in here are lost) -->`;
}

function endMarker(id: string): string {
  return `<!-- codex-workspace:end ${id} -->`;
}

const anyMarker = /<!--\s*codex-workspace:(?:begin|end)\b/;
const markerLine = /^[ \t]*<!--\s*codex-workspace:(begin|end) ([\w.-]+)[^\n]*?-->[ \t]*(?=\r?$)/gm;

function refuseMarkers(content: string, id: string): void {
  const index = content.split(/\r?\n/).findIndex((line) => anyMarker.test(line));
  if (index === -1) return;
  throw new WorkspaceError(`line ${index + 1} of the content for the block "${id}" holds a marker of codex-workspace`, {
    code: "MARKER_IN_INPUT",
    remedy: "Take the line with `<!-- codex-workspace:` out of the text: the markers are written around it.",
  });
}

function findBlock(text: string, id: string): Range | undefined {
  const markers = findMarkers(text);
  const own = markers.filter((marker) => marker.id === id);
  const [begin, end, ...more] = own;
  if (begin === undefined) return undefined;
  const between = markers.filter(({ start }) => start > begin.start && start < (end?.start ?? 0));
  if (begin.edge !== "begin" || end?.edge !== "end" || more.length > 0 || between.length > 0) {
    const seen = (between.length > 0 ? [...own, ...between] : own).map(({ edge, line }) => `${edge} on line ${line}`);
    throw new WorkspaceError(`the markers of the block "${id}" are broken: ${seen.join(", ")}`, {
      code: "MARKER_BROKEN",
      remedy: "Leave one begin marker and one end marker after it, or delete both; then apply again.",
    });
  }
  return { start: begin.start, end: end.end };
}

function findMarkers(text: string): Marker[] {
  return [...text.matchAll(markerLine)].map((match) => ({
    edge: match[1] === "begin" ? "begin" : "end",
    id: match[2] ?? "",
    line: text.slice(0, match.index).split("\n").length,
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Takes the block's own line break with it, and at the end of the file the blank line that set it apart. */
function withoutBlock(current: string, id: string): string {
  const found = findBlock(current, id);
  if (found === undefined) return current;
  const before = current.slice(0, found.start);
  const after = current.slice(found.end).replace(/^\r?\n/, "");
  return (after === "" ? before.replace(/(^|\n)\r?\n$/, "$1") : before) + after;
}

/** Always a blank line of its own, so that taking the block out gives the file back as it was. */
function separatorAfter(text: string, lineBreak: string): string {
  if (text === "") return "";
  return text.endsWith("\n") ? lineBreak : lineBreak + lineBreak;
}
