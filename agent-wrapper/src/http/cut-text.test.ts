import fc from "fast-check";
import { expect, test } from "vitest";
import { cutText } from "./cut-text.ts";

const cut = (text: string, maxBytes = 200): string => cutText(text, maxBytes, "see there");
const bytesOf = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
const note = /\n\n\[… (\d+) characters are left out here: see there …\]\n\n/;

test("a text that fits is as it was", () => {
  for (const text of ["", "x".repeat(200), "\u0000".repeat(33), '"'.repeat(100)]) expect(cut(text)).toBe(text);
});

test("of a longer one the beginning and, longer, the end stay, with a note of what is missing", () => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join("");
  const [beginning = "", left = "", end = ""] = cut(text).split(note);
  expect(text.startsWith(beginning)).toBe(true);
  expect(text.endsWith(end)).toBe(true);
  expect(beginning.length).toBeGreaterThan(10);
  expect(end.length).toBeGreaterThan(5 * beginning.length);
  expect(beginning.length + Number(left) + end.length).toBe(text.length);
});

test("whatever the text is made of, its JSON fits, and no character is cut in two", () => {
  const texts = fc.string({
    unit: fc.constantFrom("a", "\n", "\u001f", "\u007f", "\\", '"', "é", "漢", "😀", "👩‍👩‍👧"),
    maxLength: 500,
  });
  fc.assert(
    fc.property(texts, fc.integer({ min: 150, max: 1000 }), (text, maxBytes) => {
      const result = cut(text, maxBytes);
      expect(bytesOf(result)).toBeLessThanOrEqual(maxBytes);
      expect(result.isWellFormed()).toBe(true);
      if (bytesOf(text) <= maxBytes) expect(result).toBe(text);
      else expect(bytesOf(result)).toBeGreaterThan(maxBytes - 20);
    }),
  );
});
