import fc from "fast-check";
import { expect, test } from "vitest";
import { visibleText } from "./visible-text.ts";

test.each([
  ["\u001b[2J", "\\u{1b}[2J"],
  ["a\rb\nc\td", "a\\u{d}b\\u{a}c\\u{9}d"],
  ["\u009b31m", "\\u{9b}31m"],
  ["\u202etxt.exe", "\\u{202e}txt.exe"],
  ["a\u200bb\u3164c\u00a0d", "a\\u{200b}b\\u{3164}c\\u{a0}d"],
  ["\u{e0041}", "\\u{e0041}"],
  ["\ud800", "\\u{d800}"],
])("makes %j visible", (text, visible) => {
  expect(visibleText(text)).toBe(visible);
});

test("leaves letters of any script and plain punctuation", () => {
  for (const text of ['mounts "/home/u" at /data', "Größe 大きさ размер 🙂"]) expect(visibleText(text)).toBe(text);
});

test("leaves no control or format character of any text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 40 }),
      (text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(visibleText(text)),
    ),
  );
});
