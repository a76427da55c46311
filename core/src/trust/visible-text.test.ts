import fc from "fast-check";
import { expect, test } from "vitest";
import { visibleText } from "./visible-text.ts";

test.each([
  ["\u001b[2J", "\\u001b[2J"],
  ["a\rb\nc\td", "a\\u000db\\u000ac\\u0009d"],
  ["\u009b31m", "\\u009b31m"],
  ["\u202etxt.exe", "\\u202etxt.exe"],
  ["a\u200bb\u3164c\u00a0d", "a\\u200bb\\u3164c\\u00a0d"],
  ["\u{e0041}", "\\udb40\\udc41"],
  ["\ud800", "\\ud800"],
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
