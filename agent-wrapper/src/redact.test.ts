import { expect, test } from "vitest";
import { inStrings, redacting } from "./redact.ts";

test("a secret is taken out wherever it stands, and nothing else", () => {
  expect(redacting(["abc"])("abc, xabcx and a b c")).toBe("[secret], x[secret]x and a b c");
  expect(redacting(["", "\n"])("as it was")).toBe("as it was");
});

test("one that holds another goes as a whole", () => {
  expect(redacting(["key", "key-of-mine"])("key-of-mine, key")).toBe("[secret], [secret]");
});

test("one of several lines is taken out of text that comes line by line, but for lines that say nothing", () => {
  const redact = redacting(["{\n  private: 0123456789\n}"]);
  expect(["{", "  private: 0123456789", "}"].map(redact)).toEqual(["{", "  [secret]", "}"]);
});

test("in a line of JSON strings alone are changed, whatever they have to escape", () => {
  const redact = redacting(['a"b\\c', "1"]);
  const line = JSON.stringify({ level: 10, msg: 'says a"b\\c', nested: [{ text: "1" }] });
  expect(JSON.parse(inStrings(line, redact))).toEqual({
    level: 10,
    msg: "says [secret]",
    nested: [{ text: "[secret]" }],
  });
  expect(inStrings(line, redact).endsWith("}\n")).toBe(true);
});
