import { describe, expect, test } from "vitest";
import * as z from "zod";
import { clientJsonBounds, jsonFault, within } from "./json-bounds.ts";

/** `levels` objects, each inside the one before. */
function nested(levels: number): Record<string, unknown> {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as Record<string, unknown>;
}

const lone = "\ud800";

describe("a value is", () => {
  test.each<[string, unknown]>([
    ["64 levels of objects", nested(64)],
    ["64 levels of arrays", JSON.parse("[".repeat(64) + "]".repeat(64))],
    ["a pair of surrogates, as a key and as a value", { "\u{1f600}": "\u{1f600}" }],
    ["the largest integers that a number holds", { a: 2 ** 53, b: -(2 ** 62), c: -0, d: 1e30, e: 5e-324 }],
    ["null, booleans and empty containers", { a: null, b: true, c: {}, d: [], "": "" }],
    ["a key with dots", { ["a.".repeat(100)]: 1 }],
    ["a member called __proto__", JSON.parse('{"__proto__":1}')],
  ])("within the bounds: %s", (_what, value) => {
    expect(jsonFault(value, clientJsonBounds)).toBeUndefined();
  });

  test.each<[string, unknown, RegExp, (string | number)[]]>([
    ["65 levels of objects", nested(65), /64 levels/, Array.from({ length: 64 }, () => "a")],
    [
      "65 levels of arrays",
      JSON.parse("[".repeat(65) + "]".repeat(65)),
      /64 levels/,
      Array.from({ length: 64 }, () => 0),
    ],
    ["half a surrogate pair as a value", { a: [1, lone] }, /Unicode/, ["a", 1]],
    ["half a surrogate pair as a key", { a: { [lone]: 1 } }, /received "\\ud800"/, ["a"]],
    ["the second half of a pair first", { a: "\udfff\ud83d" }, /Unicode/, ["a"]],
    ["a number that JSON.parse made infinite", JSON.parse('{"a":1e999}'), /out of range/, ["a"]],
    ["an integer of more than 64 bits", { a: 1e20 }, /64 bits/, ["a"]],
    [
      "a key that serde_json keeps for itself",
      { $serde_json_: { "$serde_json::private::Number": "x" } },
      /\$serde/,
      ["$serde_json_"],
    ],
    ["too many values", { a: Array.from({ length: 20_000 }, () => 0) }, /20000 values/, ["a", 19_998]],
    ["too many characters in values", { a: "x".repeat(1_000_000) }, /1000000 characters/, ["a"]],
    ["too many characters in keys", { ["x".repeat(1_000_001)]: 0 }, /1000000 characters/, []],
  ])("refused: %s", (_what, value, message, path) => {
    const fault = jsonFault(value, clientJsonBounds);
    expect(fault?.message).toMatch(message);
    expect(fault?.path).toEqual(path);
  });
});

test("a dotted key counts its parts where Codex splits it", () => {
  const bounds = { ...clientJsonBounds, dottedKeys: true };
  expect(jsonFault({ ["a.".repeat(63) + "a"]: 1 }, bounds)).toBeUndefined();
  expect(jsonFault({ ["a.".repeat(64) + "a"]: 1 }, bounds)?.message).toMatch(/64 levels/);
  expect(jsonFault({ "a.b": nested(63) }, bounds)?.message).toMatch(/64 levels/);
  expect(jsonFault({ "a.b": nested(62) }, bounds)).toBeUndefined();
});

test("any number is accepted where TOML is read", () => {
  expect(jsonFault({ a: [Infinity, NaN, 1e20] }, { ...clientJsonBounds, anyNumber: true })).toBeUndefined();
  expect(jsonFault({ a: [NaN] }, clientJsonBounds)?.message).toMatch(/out of range/);
});

test("a value of 200,000 levels costs no stack", () => {
  let value: unknown = 1;
  for (let level = 0; level < 200_000; level++) value = { a: value };
  expect(jsonFault(value, { levels: 300_000 })).toBeUndefined();
  expect(jsonFault(value, clientJsonBounds)?.message).toMatch(/64 levels/);
});

test("an issue names the place in a few words", () => {
  const { error } = z.unknown().superRefine(within(clientJsonBounds)).safeParse(nested(65));
  expect(error?.issues[0]?.message).toBe('expected at most 64 levels of nesting at "a"."a"."a"."a" …');
});
