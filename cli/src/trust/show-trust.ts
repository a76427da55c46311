import { type Ask, visibleText } from "@codex-workspace/core";
import type { TrustContent } from "./trust-content.ts";
import type { TrustAnswer } from "./trust-store.ts";

/** How much of it is shown. A flood of harmless asks must not push another one off the screen. */
interface Limits {
  readonly asksPerInput: number;
  readonly charactersPerAsk: number;
}

const brief: Limits = { asksPerInput: 10, charactersPerAsk: 400 };
const whole: Limits = { asksPerInput: Infinity, charactersPerAsk: Infinity };

const mostLines = 40;

/** Returns the asks as text, each with its input. */
export function showAsks(asks: readonly Ask[], { all = false } = {}): string {
  return linesOf(limited(asks, all ? whole : brief))
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Returns the asks as an error lists them. */
export function briefAsks(asks: readonly Ask[]): Ask[] {
  return limited(asks, brief);
}

/** Returns what changed since the user said yes: of the asks, of the spec's text, of the files that it refers to. */
export function showChange(before: TrustAnswer, now: TrustContent): string {
  const [gone, come] = [without(before.asks, now.asks), without(now.asks, before.asks)];
  const files = now.files.filter(
    ({ path, sha256 }) => !before.files.some((f) => f.path === path && f.sha256 === sha256),
  );
  const parts = [
    section("it now also asks:", linesOf(briefAsks(come)), "+ "),
    section("it no longer asks:", linesOf(briefAsks(gone)), "- "),
    section("lines of the spec that changed:", changedLines(before.text, now.text)),
    section(
      "files with another content:",
      files.map(({ path }) => visibleText(path)),
    ),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function section(title: string, lines: readonly string[], mark = ""): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${mark}${line}`)].join("\n");
}

function linesOf(asks: readonly Ask[]): string[] {
  return asks.map(({ path, words }) => `${path}: ${words}`);
}

function limited(asks: readonly Ask[], { asksPerInput, charactersPerAsk }: Limits): Ask[] {
  return [...Map.groupBy(asks, ({ path }) => visibleText(path))].flatMap(([path, ofInput]) => {
    const shown = ofInput
      .slice(0, asksPerInput)
      .map(({ words }) => ({ path, words: cut(visibleText(words), charactersPerAsk) }));
    const more = ofInput.length - shown.length;
    return more === 0 ? shown : [...shown, { path, words: `and ${more} more of this input` }];
  });
}

function cut(text: string, characters: number): string {
  return text.length <= characters
    ? text
    : `${text.slice(0, characters)}… and ${text.length - characters} more characters`;
}

function without(asks: readonly Ask[], others: readonly Ask[]): Ask[] {
  return asks.filter(({ path, words }) => !others.some((other) => other.path === path && other.words === words));
}

/** The lines between the common beginning and the common end: the former ones, then the present ones. */
function changedLines(before: string, now: string): string[] {
  const [old, current] = [before.split("\n"), now.split("\n")];
  const shorter = Math.min(old.length, current.length);
  let start = 0;
  while (start < shorter && old[start] === current[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === current.at(-1 - end)) end += 1;
  const changed = (lines: readonly string[], mark: string): string[] => {
    const all = lines.slice(start, lines.length - end);
    const shown = all.slice(0, mostLines).map((line) => `${mark} ${cut(visibleText(line), brief.charactersPerAsk)}`);
    return all.length > shown.length ? [...shown, `${mark} and ${all.length - shown.length} more lines`] : shown;
  };
  return [...changed(old, "-"), ...changed(current, "+")];
}
