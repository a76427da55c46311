import fc from "fast-check";
import { expect, test } from "vitest";
import { TerminalText } from "./terminal-text.ts";

/** A text as it comes in chunks. */
function shown(...chunks: readonly (string | Uint8Array)[]): string {
  const text = new TerminalText();
  return chunks.map((chunk) => text.add(chunk)).join("") + text.end();
}

/** What a terminal must not get. */
const harmful = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

test.each([
  ["a clipboard sequence", "a\x1b]52;c;cHduZWQ=\x07b", "a\\u001b]52;c;cHduZWQ=\\u0007b"],
  ["a C1 introducer", "\u009b2Jx", "\\u009b2Jx"],
  ["NUL, backspace, form feed and DEL", "\0\b\f\x7f", "\\u0000\\u0008\\u000c\\u007f"],
  ["a carriage return that overwrites", "safe\rrm -rf", "safe\\u000drm -rf"],
  ["CRLF", "a\r\nb\r\n", "a\nb\n"],
  ["two carriage returns before a newline", "a\r\r\n", "a\\u000d\n"],
  ["controls of direction", "a\u202eb\u2066c\u2069", "a\\u202eb\\u2066c\\u2069"],
])("%s is made visible", (_, text, wanted) => {
  expect(shown(text)).toBe(wanted);
});

test.each([
  ["tab, newline and printable text", "a\tb\nc ~ \u00a0 é"],
  ["emoji with joiners, and marks of right-to-left text", "👩‍👩‍👧 שלום\u200f عربي\u200e"],
  ["a backslash", "\\u001b \\x1b"],
  ["a byte order mark", "\ufeffx"],
])("%s stays as it is", (_, text) => {
  expect(shown(text)).toBe(text);
  expect(shown(Buffer.from(text))).toBe(text);
});

test("a single byte of C1 that is no UTF-8 is replaced", () => {
  expect(shown(Buffer.from([0x61, 0x9b, 0x32, 0x4a]))).toBe("a\ufffd2J");
});

test("a character, a pair and CRLF that are split over chunks stay whole", () => {
  const bytes = Buffer.from("€😀\u009b\r\n");
  expect(shown(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe("€😀\\u009b\n");
  expect(shown(..."x😀\r\ny".split(""))).toBe("x😀\ny");
  expect(shown("a\r", "b")).toBe("a\\u000db");
  expect(shown("a\r")).toBe("a\\u000d");
  expect(shown(Uint8Array.of(0xe2, 0x82), "x")).toBe("\ufffdx");
});

/** Texts in which controls are frequent. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\x1b",
      "\x9b",
      "\x9d",
      "\x07",
      "\r",
      "\n",
      "\t",
      "\x7f",
      "\0",
      "\u202e",
      "\u2067",
      "\ud83d",
      "\ude00",
      "[",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
});

test("no control passes, and how a text is cut into chunks changes nothing", () => {
  fc.assert(
    fc.property(hostile, fc.array(fc.nat(40), { maxLength: 5 }), (text, cuts) => {
      const whole = shown(text);
      expect(harmful.test(whole)).toBe(false);
      const ends = [...cuts.sort((a, b) => a - b), text.length];
      expect(shown(...ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)))).toBe(whole);
    }),
    { numRuns: 10_000 },
  );
});

test("no byte passes as a control, and the chunks of bytes change nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
      const whole = shown(bytes);
      expect(harmful.test(whole)).toBe(false);
      expect(shown(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(whole);
    }),
    { numRuns: 10_000 },
  );
});

test("JSON stays one object with the same meaning", () => {
  fc.assert(
    fc.property(fc.dictionary(hostile, hostile), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.parse(shown(text))).toEqual(JSON.parse(text));
    }),
    { numRuns: 2_000 },
  );
});
