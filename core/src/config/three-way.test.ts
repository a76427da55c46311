import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mergeConfigToml, type ConfigMerge, type ConfigVersions } from "./three-way.ts";

function merge(versions: Omit<ConfigVersions, "base"> & { base?: string }): ConfigMerge {
  return mergeConfigToml({ base: undefined, ...versions });
}

const quiet = { conflicts: [] };

test("without a file ours is written as it is", () => {
  expect(merge({ next: "b = 1\na.x = 2\n", current: undefined })).toEqual({
    text: "b = 1\na.x = 2\n",
    changed: true,
    applied: [
      { path: ["b"], change: "added" },
      { path: ["a"], change: "added" },
    ],
    conflicts: [],
  });
});

test("when ours did not change, the file does not, whatever they did to it", () => {
  const base = 'model = "a"\n[tui]\ntheme = "day"\n';
  const current = 'model = "theirs" # mine now\r\n\r\n\r\n[notice]\r\nseen = true';
  expect(merge({ base, next: base, current })).toEqual({ text: current, changed: false, applied: [], conflicts: [] });
});

test("a value that only ours changed is replaced where it stands", () => {
  const current = "# mine\nmodel   =   'old'   # fast\n";
  const merged = merge({ base: 'model = "old"', next: 'model = "new"', current });
  expect(merged).toMatchObject({ text: '# mine\nmodel   =   "new"   # fast\n', changed: true, ...quiet });
});

test("a key that both changed is ours, and reported", () => {
  const merged = merge({ base: "effort = 1", next: "effort = 2", current: "effort = 3" });
  expect(merged.text).toBe("effort = 2");
  expect(merged.conflicts).toEqual([{ path: ["effort"], kept: "ours", ours: "2", theirs: "3" }]);
});

test("a key that both changed to the same is no conflict", () => {
  const current = "effort = 2 # me too";
  expect(merge({ base: "effort = 1", next: "effort = 2", current })).toMatchObject({ text: current, ...quiet });
});

test("before the first write, a key of theirs that differs from ours is reported", () => {
  const merged = merge({ next: "a = 1\nb = 2\n", current: "a = 1\nb = 3\nc = 4\n" });
  expect(merged.text).toBe("a = 1\nb = 2\nc = 4\n");
  expect(merged.conflicts).toEqual([{ path: ["b"], kept: "ours", ours: "2", theirs: "3" }]);
});

test("a key that they deleted stays deleted while ours stays the same, and comes back reported when ours changes", () => {
  expect(merge({ base: "a = 1\nb = 1", next: "a = 1\nb = 1", current: "b = 1" }).text).toBe("b = 1");
  const merged = merge({ base: "a = 1\nb = 1", next: "a = 2\nb = 1", current: "b = 1" });
  expect(merged.text).toBe("b = 1\na = 2");
  expect(merged.conflicts).toEqual([{ path: ["a"], kept: "ours", ours: "2", theirs: undefined }]);
});

test("a key that we no longer set goes, unless they changed it", () => {
  const base = "a = 1\nb = 1\n";
  expect(merge({ base, next: "b = 1\n", current: "a = 1 # with its comment\nb = 1\n" })).toMatchObject({
    text: "b = 1\n",
    applied: [{ path: ["a"], change: "removed" }],
    ...quiet,
  });
  const merged = merge({ base, next: "b = 1\n", current: "a = 9\nb = 1\n" });
  expect(merged.text).toBe("a = 9\nb = 1\n");
  expect(merged.conflicts).toEqual([{ path: ["a"], kept: "theirs", ours: undefined, theirs: "9" }]);
});

test("a report shows no value that may be secret", () => {
  const merged = merge({
    base: '[mcp_servers.x.env]\nTOKEN = "one"\n',
    next: '[mcp_servers.x.env]\nTOKEN = "two"\n',
    current: '[mcp_servers.x.env]\nTOKEN = "three"\n',
  });
  expect(merged.conflicts).toEqual([
    { path: ["mcp_servers", "x", "env", "TOKEN"], kept: "ours", ours: "(a string)", theirs: "(a string)" },
  ]);
});

test("a required key is ours again when only they changed or deleted it; others are not", () => {
  const base = "[features]\nplugins = false\nother = 1\n[gateway]\nurl = 'a'\nname = 'b'\n";
  const current = "[features]\nplugins = true\nother = 2\n[gateway]\nname = 'c'\nmine = 1\n";
  const required = [["features", "plugins"], ["gateway"]];
  const merged = merge({ base, next: base, current, required });
  expect(merged.text).toBe(`[features]\nplugins = false\nother = 2\n[gateway]\nname = "b"\nmine = 1\nurl = "a"\n`);
  expect(merged.conflicts).toEqual([
    { path: ["features", "plugins"], kept: "ours", ours: "false", theirs: "true" },
    { path: ["gateway", "name"], kept: "ours", ours: '"b"', theirs: '"c"' },
    { path: ["gateway", "url"], kept: "ours", ours: '"a"', theirs: undefined },
  ]);
});

test("a required key that we do not set is left alone", () => {
  const current = "mine = 1\n";
  expect(merge({ base: "", next: "", current, required: [["mine"]] })).toMatchObject({ text: current, ...quiet });
});

test.each([
  ["an explicit table", "[t]\na = 1\n\n[u]\n", "[t]\na = 1\nn = 2\n\n[u]\n"],
  ["an indented table", "[t]\n  a = 1 # one\n# two\n", "[t]\n  a = 1 # one\n  n = 2\n# two\n"],
  ["a table with a header alone", "[t] # empty\n[u]\n", "[t] # empty\nn = 2\n[u]\n"],
  ["dotted keys", "t.a = 1\nx = 1\n", "t.a = 1\nt.n = 2\nx = 1\n"],
  ["dotted keys below a header", "[u]\nx = 1\n[t.v]\ny = 1\n", "[u]\nx = 1\n[t.v]\ny = 1\n\n[t]\nn = 2\n"],
  ["an inline table", "t = { a = 1 } # in\n", "t = { a = 1, n = 2 } # in\n"],
  ["an empty inline table", "t = {}\n", "t = { n = 2 }\n"],
  ["dotted keys in an inline table", "t = { a.b = 1 }\n", "t = { a.b = 1, n = 2 }\n"],
  ["a header in quotes", '["t"]\na = 1', '["t"]\na = 1\nn = 2'],
  ["no table yet", "x = 1\n", "x = 1\n\n[t]\nn = 2\n"],
  ["no table yet and an unfinished last line", "x = 1", "x = 1\n\n[t]\nn = 2"],
  ["a text with CRLF", "[t]\r\na = 1\r\n", "[t]\r\na = 1\r\nn = 2\r\n"],
  ["a byte order mark", "\uFEFFt.a = 1\n", "\uFEFFt.a = 1\nt.n = 2\n"],
  ["an empty file", "", "[t]\nn = 2\n"],
])("a new key is written in the style of its table: %s", (_, current, text) => {
  expect(merge({ next: "[t]\nn = 2\n", current })).toMatchObject({ text, ...quiet });
});

test.each([
  ["after the last root key", "x = 1 # one\n\n[t]\na = 1\n", "x = 1 # one\nn = 2\nm = 3\n\n[t]\na = 1\n"],
  ["before the first table and what is said of it", "# file\n\n# t\n[t]\n", "# file\n\nn = 2\nm = 3\n\n# t\n[t]\n"],
  ["at the end of comments", "# file\n", "# file\nn = 2\nm = 3\n"],
])("new root keys go %s", (_, current, text) => {
  expect(merge({ next: "n = 2\nm = 3\n", current })).toMatchObject({ text, ...quiet });
});

test("new keys beside dotted ones and in inline tables hold tables and blocks inline", () => {
  const merged = merge({ next: "[a.t]\nx = 1\n[[a.l]]\ny = 1\n[b.t]\nz = 1\n", current: "a.k = 1\nb = { k = 1 }\n" });
  expect(merged.text).toBe("a.k = 1\na.t = { x = 1 }\na.l = [ { y = 1 } ]\nb = { k = 1, t = { z = 1 } }\n");
});

test("a table of ours goes with its header and the blank line that set it apart", () => {
  const base = '[mcp_servers.x]\ncommand = "x"\n[mcp_servers.x.env]\nA = "1"\n';
  const current =
    'x = 1\n\n[mcp_servers.x]\ncommand = "x"\n\n[mcp_servers.x.env]\nA = "1"\n\n[projects."/w"]\ntrust_level = "trusted"\n';
  expect(merge({ base, next: "", current })).toMatchObject({
    text: 'x = 1\n\n[projects."/w"]\ntrust_level = "trusted"\n',
    applied: [{ path: ["mcp_servers"], change: "removed" }],
    ...quiet,
  });
});

test("a table of ours in which they wrote stays with what they wrote", () => {
  const base = "[t]\na = 1\n[t.u]\nb = 1\n";
  const current = "[t]\na = 1\nmine = 1\n[t.u]\nb = 1\n";
  expect(merge({ base, next: "", current })).toMatchObject({ text: "[t]\nmine = 1\n", ...quiet });
});

test("comments on lines of their own outlive the table they were written in", () => {
  const base = "[mcp_servers.x]\ncommand = 'x'\n";
  const current = "# about x\n[mcp_servers.x]\n# old: 'y'\ncommand = 'x' # goes\n\n[t]\n";
  expect(merge({ base, next: "", current })).toMatchObject({ text: "# about x\n# old: 'y'\n\n[t]\n", ...quiet });
});

test.each([
  ["first", "t = { a = 1, b = 2, c = 3 }", "t = { b = 2, c = 3 }", ["a"]],
  ["middle", "t = { a = 1, b = 2, c = 3 }", "t = { a = 1, c = 3 }", ["b"]],
  ["last", "t = { a = 1, b = 2, c = 3 }", "t = { a = 1, b = 2 }", ["c"]],
  ["last two", "t = { a = 1, b = 2, c = 3 }", "t = { a = 1 }", ["b", "c"]],
  ["last before a comma", "t = {\n  a = 1,\n  # of b\n  b = 2,\n}", "t = {\n  a = 1,\n  # of b\n}", ["b"]],
  ["dotted", "t = { a = 1, b.x = 2, b.y = 3, c = [1, 2] }", "t = { a = 1, c = [1, 2] }", ["b"]],
])("the %s of an inline table's keys is taken out with its comma", (_, current, text, keys) => {
  const gone = { a: "a = 1", b: current.includes("b.x") ? "b = { x = 2, y = 3 }" : "b = 2", c: "c = 3" };
  const base = keys.map((key) => `t.${gone[key as keyof typeof gone]}\n`).join("");
  expect(merge({ base, next: "", current })).toMatchObject({ text, ...quiet });
});

test("an array counts as one value: replaced where it stands, inline or as blocks", () => {
  const inline = merge({ base: "a = [1]", next: "a = [1, 2]", current: "a = [\n  1, # one\n] # after\n" });
  expect(inline.text).toBe("a = [ 1, 2 ] # after\n");
  const base = "[[s.c]]\np = 'x'\n[[s.c]]\np = 'y'\n";
  const current = "k = 1\n\n# blocks\n[[s.c]]\np = 'x'\n\n[[s.c]]\np = 'y'\n\n[t]\n";
  const blocks = merge({ base, next: base.replace("'y'", "'z'"), current });
  expect(blocks.text).toBe('k = 1\n\n# blocks\n[[s.c]]\np = "x"\n\n[[s.c]]\np = "z"\n\n[t]\n');
  expect(merge({ base, next: "", current }).text).toBe("k = 1\n\n# blocks\n\n[t]\n");
});

test("where they made a value of our table, or a table of our value, ours wins and is reported", () => {
  const value = merge({ next: "[t]\na = 1\n", current: "t = 'mine'\n" });
  expect(value.text).toBe("t = { a = 1 }\n");
  expect(value.conflicts).toEqual([{ path: ["t"], kept: "ours", ours: "{ a = 1 }", theirs: '"mine"' }]);
  const table = merge({ base: "t = 1\n", next: "t = 2\n", current: "x = 1\n\n[t]\na = 1\n" });
  expect(table.text).toBe("x = 1\nt = 2\n");
  expect(table.conflicts).toEqual([{ path: ["t"], kept: "ours", ours: "2", theirs: "{ a = 1 }" }]);
});

test("a value of ours that becomes a table does so without a conflict", () => {
  const merged = merge({ base: "t = 1\n", next: "[t]\na = 1\n", current: "t = 1\n[u]\n" });
  expect(merged).toMatchObject({ text: "t = { a = 1 }\n[u]\n", ...quiet });
});

test("a file that is no TOML is refused with its name and place", () => {
  expect(() => merge({ next: "", current: "a = = 2\n", file: "deep.config.toml" })).toThrow(
    /^CODEX_HOME\/deep\.config\.toml:1:5: /,
  );
  expect(() => merge({ next: "", current: "a = 1\nb = = 2\n" })).toThrow(
    expect.objectContaining({
      code: "TOML_INVALID",
      message: "CODEX_HOME/config.toml:2:5: invalid value\n2 | b = = 2\n        ^",
    }),
  );
});

test("a change of ours and its undoing give the file back", () => {
  for (const name of corpusNames) {
    const current = corpus(name);
    const next = 'model_verbosity = "low"\n[features]\nours = true\n[mcp_servers.ours]\ncommand = "x"\n';
    const applied = mergeConfigToml({ base: "", next, current });
    expect(mergeConfigToml({ base: next, next: "", current: applied.text }).text, name).toBe(current);
  }
});

const corpusNames = [
  "dotted",
  "first-start",
  "gateway",
  "hooks-and-skills",
  "mcp-servers",
  "no-final-newline",
  "profiles",
];

function corpus(name: string): string {
  return readFileSync(new URL(`corpus/${name}.toml`, import.meta.url), "utf8");
}
