import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffTables } from "./diff-tables.ts";
import { editToml } from "./edit-toml.ts";
import { isAtOrBelow, type KeyPath, renderKeyPath } from "./key-path.ts";
import { mergeConfigToml } from "./three-way.ts";
import { isTomlTable, parseToml, renderToml, type TomlTable, type TomlValue } from "./toml-table.ts";
import { isArrayOfTables, renderInline } from "./toml-value.ts";

const runs = { numRuns: 300 };
const options = { layer: "test" };

describe("editing a document", () => {
  test("makes it say what it shall say, and leaves every line that no difference names", () => {
    fc.assert(
      fc.property(anyDocument(), anyTable(), fc.nat(), (document, other, seed) => {
        const target = mixTables(document.table, other, createDice(seed));
        const edited = editToml(document.text, target, options);
        expect(shown(parseToml(edited, options))).toBe(shown(target));
        expect(missingFrom(edited, keptLines(document, target))).toEqual([]);
      }),
      runs,
    );
  });

  test("that says it already changes no byte", () => {
    fc.assert(
      fc.property(anyDocument(), ({ text, table }) => {
        expect(shown(parseToml(text, options))).toBe(shown(table));
        expect(editToml(text, table, options)).toBe(text);
      }),
      runs,
    );
  });

  test("keeps its line breaks and its unfinished last line", () => {
    fc.assert(
      fc.property(anyDocument(), anyTable(), (document, target) => {
        const { text, lineBreak } = document;
        fc.pre(text.includes("\n") && keptLines(document, target).includes(document.lines.at(-1)!));
        const edited = editToml(text, target, options);
        if (lineBreak === "\r\n") expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
        else expect(edited).not.toContain("\r");
        expect(edited.endsWith("\n")).toBe(text.endsWith("\n"));
      }),
      runs,
    );
  });
});

describe("the three-way merge", () => {
  test("decides every key by its three values", () => {
    fc.assert(
      fc.property(
        fc.option(anySettings(), { nil: undefined }),
        anySettings(),
        anySettings(),
        fc.nat(),
        (base, next, current, seed) => {
          const { text } = styleToml(fromSettings(current), createDice(seed));
          const merged = mergeConfigToml({
            base: base && renderToml(fromSettings(base)),
            next: renderToml(fromSettings(next)),
            current: text,
          });
          const expected: Settings = {};
          const kept: string[] = [];
          for (const name of settingNames) {
            const [was, ours, theirs] = [base?.[name], next[name], current[name]];
            const value = was === ours ? theirs : (ours ?? (theirs === was ? undefined : theirs));
            if (value !== undefined) expected[name] = value;
            if (was !== ours && theirs !== was && theirs !== ours) kept.push(name);
          }
          expect(toSettings(parseToml(merged.text, options))).toEqual(expected);
          expect(merged.changed).toBe(merged.text !== text);
          const reported = merged.conflicts.flatMap(({ path }) =>
            settingNames.filter((name) => isAtOrBelow(settingPaths[name], path)),
          );
          expect(reported.filter((name) => kept.includes(name)).toSorted()).toEqual(kept.toSorted());
        },
      ),
      runs,
    );
  });

  test("changes nothing the second time", () => {
    fc.assert(
      fc.property(anyTable(), anyTable(), anyDocument(), fc.nat(), (table, other, { text, table: theirs }, seed) => {
        const dice = createDice(seed);
        const base = renderToml(mixTables(table, theirs, dice));
        const next = renderToml(mixTables(mixTables(table, theirs, dice), other, dice));
        const required = dice(2) === 0 ? [] : [[Object.keys(other)[0] ?? "none"]];
        const first = mergeConfigToml({ base, next, current: text, required });
        const second = mergeConfigToml({ base: next, next, current: first.text, required });
        expect(second).toEqual({ text: first.text, changed: false, applied: [], conflicts: [] });
      }),
      runs,
    );
  });

  test("leaves the platform's own keys as ours, whoever changed them", () => {
    fc.assert(
      fc.property(anyTable(), anyTable(), anyDocument(), fc.nat(), (base, next, { text }, pick) => {
        const keys = Object.keys(next);
        fc.pre(keys.length > 0);
        const key = keys[pick % keys.length] ?? "";
        const merged = mergeConfigToml({
          base: renderToml(base),
          next: renderToml(next),
          current: text,
          required: [[key]],
        });
        for (const [path, value] of leavesOf(next)) {
          if (path[0] !== key || (isTomlTable(value) && Object.keys(value).length === 0)) continue;
          expect(shown(valueAt(parseToml(merged.text, options), path))).toBe(shown(value));
        }
      }),
      runs,
    );
  });
});

/** Settings of a fixed shape, so that an oracle can decide each of them alone. */
const settingPaths = {
  model: ["model"],
  network: ["sandbox", "network"],
  roots: ["sandbox", "roots"],
  command: ["mcp", "a b", "command"],
  env: ["mcp", "a b", "env", "A"],
  url: ["mcp", "c", "url"],
  trust: ["projects", "/w", "trust"],
} as const;
type SettingName = keyof typeof settingPaths;
type Settings = Partial<Record<SettingName, number>>;
const settingNames = Object.keys(settingPaths) as SettingName[];

function anySettings(): fc.Arbitrary<Settings> {
  const value = fc.integer({ min: 1, max: 3 });
  return fc.record(Object.fromEntries(settingNames.map((name) => [name, value])), { requiredKeys: [] });
}

function fromSettings(settings: Settings): TomlTable {
  const table: TomlTable = {};
  for (const name of settingNames) {
    const value = settings[name];
    if (value === undefined) continue;
    let at = table;
    for (const key of settingPaths[name].slice(0, -1)) at = (at[key] ??= {}) as TomlTable;
    at[settingPaths[name].at(-1) ?? ""] = value;
  }
  return table;
}

function toSettings(table: TomlTable): Settings {
  const found = settingNames.map((name) => [name, valueAt(table, settingPaths[name])] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function valueAt(table: TomlTable, path: KeyPath): TomlValue | undefined {
  let value: TomlValue | undefined = table;
  for (const key of path) value = isTomlTable(value) ? value[key] : undefined;
  return value;
}

function leavesOf(table: TomlTable, path: KeyPath = []): [KeyPath, TomlValue][] {
  return Object.entries(table).flatMap(([key, value]): [KeyPath, TomlValue][] =>
    isTomlTable(value) && Object.keys(value).length > 0 ? leavesOf(value, [...path, key]) : [[[...path, key], value]],
  );
}

/** The value with its keys sorted, so that equal values look equal. */
function shown(value: TomlValue | undefined): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return `[${value.map(shown).join()}]`;
  if (!isTomlTable(value)) return renderInline(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${renderKeyPath([key])}=${shown(value[key])}`).join()}}`;
}

function anyTable(): fc.Arbitrary<TomlTable> {
  const scalar = fc.oneof(
    fc.constantFrom("", "x", "it's", 'say "y"', "# no comment", "[no.table]", "a\nb\n", "tab\t", "\\n", "}, ]"),
    fc.integer({ min: -9, max: 9 }),
    fc.boolean(),
    fc.constantFrom(1.5, 9007199254740993n, new Date("2024-01-01T00:00:00Z")),
  );
  const key = fc.constantFrom("a", "b", "c", "d", "a b", "/x.y", "é", "1", "");
  const { table } = fc.letrec<{ value: TomlValue; table: TomlTable }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 4, arbitrary: scalar },
      { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array(tie("table"), { maxLength: 2 }) },
      { weight: 3, arbitrary: tie("table") },
    ),
    table: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true, depthIdentifier: "toml" }),
  }));
  return table;
}

type Dice = (sides: number) => number;

function createDice(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * sides);
  };
}

/** A table between two: some keys of the one, some of the other. */
function mixTables(left: TomlTable, right: TomlTable, dice: Dice): TomlTable {
  const mixed: TomlTable = {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [one, other] = [left[key], right[key]];
    if (isTomlTable(one) && isTomlTable(other)) mixed[key] = mixTables(one, other, dice);
    else if (one !== undefined && dice(4) > 0)
      mixed[key] = isTomlTable(one) && dice(2) > 0 ? mixTables(one, {}, dice) : one;
    else if (other !== undefined && dice(4) > 0) mixed[key] = other;
  }
  return mixed;
}

/** The lines of a document that no difference to `target` names; blank ones aside, they set tables apart. */
function keptLines({ table, lines }: StyledDocument, target: TomlTable): Line[] {
  const differences = diffTables(table, target).map(({ path }) => path);
  return lines.filter(({ text, touches }) => text.trim() !== "" && !differences.some(touches));
}

/** Of `lines`, those that `text` does not have in that order. Line breaks have a test of their own. */
function missingFrom(text: string, lines: readonly Line[]): string[] {
  const found = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  let position = 0;
  return lines.flatMap((line) => {
    const at = found.indexOf(line.text, position);
    if (at === -1) return [line.text];
    position = at + 1;
    return [];
  });
}

interface Line {
  readonly text: string;
  /** Whether a difference at this path may change the line. */
  readonly touches: (difference: KeyPath) => boolean;
}

interface StyledDocument {
  readonly table: TomlTable;
  readonly text: string;
  readonly lines: readonly Line[];
  readonly lineBreak: string;
}

function anyDocument(): fc.Arbitrary<StyledDocument> {
  return fc.tuple(anyTable(), fc.nat()).map(([table, seed]) => styleToml(table, createDice(seed)));
}

/** The table as a person with moods writes it. */
function styleToml(table: TomlTable, dice: Dice): StyledDocument {
  const lineBreak = dice(4) === 0 ? "\r\n" : "\n";
  const lines = new DocumentWriter(dice).write(table).map(({ text, touches }) => ({
    text: text.replaceAll("\n", lineBreak),
    touches,
  }));
  const end = dice(3) === 0 ? "" : lineBreak;
  const text = (dice(10) === 0 ? "\uFEFF" : "") + lines.map((line) => line.text).join(lineBreak) + end;
  // A line of the document may be several of the text: a value over many lines.
  const split = lines.flatMap((line) => line.text.split(lineBreak).map((part) => ({ ...line, text: part })));
  return { table, text, lines: split, lineBreak };
}

class DocumentWriter {
  readonly #dice: Dice;
  readonly #lines: Line[] = [];
  #comments = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  write(table: TomlTable): Line[] {
    const sections = this.#writeBody(table, [], []);
    while (sections.length > 0) {
      const [section] = sections.splice(this.#dice(sections.length), 1);
      if (section !== undefined) sections.push(...this.#writeSection(section));
    }
    return this.#lines;
  }

  /** Writes what stands below one header; what gets a header of its own is returned. */
  #writeBody(table: TomlTable, header: KeyPath, dotted: KeyPath): Section[] {
    const sections: Section[] = [];
    for (const [key, value] of Object.entries(table)) {
      const path = [...header, ...dotted, key];
      const hasHeader = isTomlTable(value) || isArrayOfTables(value);
      if (hasHeader && dotted.length === 0 && this.#dice(3) > 0) sections.push({ path, value });
      else if (isTomlTable(value) && Object.keys(value).length > 0 && this.#dice(2) > 0) {
        this.#writeBody(value, header, [...dotted, key]);
      } else this.#writeKeyValue(path, [...dotted, key], value);
    }
    return sections;
  }

  #writeSection({ path, value }: Section): Section[] {
    if (!Array.isArray(value)) {
      const onlyTables = Object.values(value).every((item) => isTomlTable(item) && Object.keys(item).length > 0);
      if (onlyTables && Object.keys(value).length > 0 && this.#dice(2) > 0) {
        return Object.entries(value).map(([key, item]) => ({ path: [...path, key], value: item as TomlTable }));
      }
      this.#writeLine(`[${this.#key(path)}]`, (difference) => isAtOrBelow(path, difference));
      return this.#writeBody(value, path, []);
    }
    for (const block of value) {
      const touches = (difference: KeyPath) => isAtOrBelow(path, difference);
      this.#writeLine(`[[${this.#key(path)}]]`, touches);
      for (const [key, item] of Object.entries(block)) {
        this.#writeLine(`${this.#key([key])} = ${this.#value(item)}`, touches);
      }
    }
    return [];
  }

  #writeKeyValue(path: KeyPath, key: KeyPath, value: TomlValue): void {
    const equals = this.#pick([" = ", "=", "   =  "]);
    this.#writeLine(
      `${this.#key(key)}${equals}${this.#value(value)}`,
      (difference) => isAtOrBelow(path, difference) || isAtOrBelow(difference, path),
    );
  }

  #writeLine(text: string, touches: Line["touches"]): void {
    while (this.#dice(4) === 0) this.#lines.push({ text: this.#pick(["", this.#comment()]), touches: () => false });
    this.#lines.push({
      text: this.#pick(["", "", "  ", "\t"]) + text + this.#pick(["", "", " ", ` ${this.#comment()}`]),
      touches,
    });
    while (this.#dice(5) === 0) this.#lines.push({ text: this.#pick(["", this.#comment()]), touches: () => false });
  }

  #comment(): string {
    this.#comments += 1;
    return `# comment ${this.#comments} "x = [1"`;
  }

  #key(path: KeyPath): string {
    return path
      .map((segment) => this.#pick([renderKeyPath([segment]), JSON.stringify(segment), `'${segment}'`]))
      .join(this.#pick([".", ".", " . "]));
  }

  #value(value: TomlValue): string {
    if (typeof value === "string") return this.#string(value);
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#value(item));
      if (this.#dice(3) > 0) return `[${items.join(", ")}]`;
      return `[\n${items.map((item) => `    ${item}, ${this.#pick(["", this.#comment()])}\n`).join("")}  ]`;
    }
    if (!isTomlTable(value)) return renderInline(value);
    const entries = this.#inlineEntries(value, []);
    if (entries.length > 0 && this.#dice(4) === 0) {
      return `{\n${entries.map((entry) => `    ${entry},${this.#pick(["", " " + this.#comment()])}\n`).join("")}  }`;
    }
    return this.#pick([`{ ${entries.join(", ")} }`, `{${entries.join(",")}}`]);
  }

  #inlineEntries(table: TomlTable, dotted: KeyPath): string[] {
    return Object.entries(table).flatMap(([key, value]) =>
      isTomlTable(value) && Object.keys(value).length > 0 && this.#dice(3) === 0
        ? this.#inlineEntries(value, [...dotted, key])
        : [`${this.#key([...dotted, key])} = ${this.#value(value)}`],
    );
  }

  #string(text: string): string {
    const styles = [renderInline(text)];
    if (!/[\n']/.test(text)) styles.push(`'${text}'`);
    if (text.includes("\n") && !text.includes('"') && !text.includes("\\")) styles.push(renderInline(text));
    return this.#pick(styles);
  }

  #pick<Value>(values: readonly [Value, ...Value[]] | readonly Value[]): Value {
    return values[this.#dice(values.length)] as Value;
  }
}

interface Section {
  readonly path: KeyPath;
  readonly value: TomlTable | TomlTable[];
}
