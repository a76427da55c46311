import { expect, test } from "vitest";
import { WorkspaceError } from "../errors.ts";
import { parseToml, renderToml, toTomlTable } from "./toml-table.ts";

function failureOf(act: () => unknown): WorkspaceError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("a duplicate key is shown as a compiler shows it: layer, line, column, the line, a caret", () => {
  const error = failureOf(() => parseToml('[a]\nx = 1\n\tx = "two"\n', { layer: "extraSettings" }));
  expect(error.code).toBe("TOML_INVALID");
  expect(error.message).toBe(
    'extraSettings:3:2: trying to redefine an already defined table or value\n3 | \tx = "two"\n    \t^',
  );
  expect(error.problems).toEqual([
    {
      path: "extraSettings",
      message: "trying to redefine an already defined table or value",
      position: { line: 3, column: 2, lineText: '\tx = "two"' },
    },
  ]);
});

test.each([
  ["an unterminated string", 'a = 1\nb = "x\nc = 2', 2],
  ["a table defined twice", "[x]\na = 1\n[x]\n", 3],
  ["two keys on one line", "a = 1 b = 2", 1],
  ["a date that is none", "a = 2024-13-01", 1],
  ["a text with CRLF", "\r\n\r\n[x]\r\ny = 1\r\ny = 2\r\n", 5],
])("%s is refused on its line", (_, text, line) => {
  const [problem] = failureOf(() => parseToml(text, { layer: "inputs" })).problems;
  expect(problem?.position?.line).toBe(line);
});

test("a table is printed values first, the same way each time, and reads back as it was", () => {
  const table = parseToml(
    `[t.sub]\nb = 1\n[t]\na = [1, { x = "y" }]\n[projects."/a b"]\ntrust_level = "trusted"\n[[list]]\nk = 07:32:00\n`,
    { layer: "test" },
  );
  const text = renderToml({ ...table, model: "gpt" });
  expect(text).toBe(`model = "gpt"

[t]
a = [ 1, { x = "y" } ]

[t.sub]
b = 1

[projects."/a b"]
trust_level = "trusted"

[[list]]
k = 07:32:00.000
`);
  expect(renderToml(parseToml(text, { layer: "test" }))).toBe(text);
});

test("values that JavaScript's numbers and dates would blur keep their kind", () => {
  const text = "big = 9223372036854775807\nday = 1979-05-27\nlocal = 1979-05-27T07:32:00.000\nnone = nan\n";
  expect(renderToml(parseToml(text, { layer: "test" }))).toBe(text);
});

test("a key named like a property of every object is a key", () => {
  const text = "constructor = 1\n__proto__ = 2\n";
  expect(renderToml(parseToml(text, { layer: "test" }))).toBe(text);
});

test("an object becomes a table; what is undefined is left out", () => {
  expect(toTomlTable({ a: { b: [1, { c: "d" }], e: undefined } }, { layer: "extraSettings" })).toEqual({
    a: { b: [1, { c: "d" }] },
  });
});

test("every value that TOML cannot hold is named", () => {
  const error = failureOf(() =>
    toTomlTable({ a: null, b: { "x y": [1, Number.NaN] }, c: () => 1, d: new Map() }, { layer: "extraSettings" }),
  );
  expect(error.code).toBe("TOML_INVALID");
  expect(error.problems.map(({ path }) => path)).toEqual([
    "extraSettings.a",
    'extraSettings.b."x y".1',
    "extraSettings.c",
    "extraSettings.d",
  ]);
});
