import fc from "fast-check";
import { expect, test } from "vitest";
import { isAtOrBelow, renderKeyPath } from "./key-path.ts";
import { parseToml } from "./toml-table.ts";

test("segments are quoted only where TOML asks for it", () => {
  expect(renderKeyPath(["projects", "/srv/a.b", "trust_level"])).toBe('projects."/srv/a.b".trust_level');
  expect(renderKeyPath(["", "naïve", "tab\t", "del\u007f", "1-2_3"])).toBe('""."naïve"."tab\\t"."del\\u007f".1-2_3');
});

test("a printed path reads back as the same path", () => {
  const segment = fc.string({
    unit: fc.oneof(
      fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }),
      fc.constantFrom("é", "\u0080", "\u2028", "😀"),
    ),
  });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 3 }), (path) => {
      let value: unknown = parseToml(`${renderKeyPath(path)} = true`, { layer: "test" });
      for (const key of path) value = (value as Record<string, unknown>)[key];
      expect(value).toBe(true);
    }),
  );
});

test("a path is at or below its beginnings, and below nothing else", () => {
  expect(isAtOrBelow(["a", "b"], ["a"])).toBe(true);
  expect(isAtOrBelow(["a"], ["a"])).toBe(true);
  expect(isAtOrBelow(["a"], ["a", "b"])).toBe(false);
  expect(isAtOrBelow(["ab"], ["a"])).toBe(false);
});
