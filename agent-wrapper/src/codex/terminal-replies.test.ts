import { expect, test } from "vitest";
import { withoutReplies } from "./terminal-replies.ts";

const kept = (text: string): string => withoutReplies(Buffer.from(text)).toString();

test.each([
  ["cursor position", "\u001b[21;3R"],
  ["device attributes", "\u001b[?1;2c"],
  ["secondary device attributes", "\u001b[>0;276;0c"],
  ["keyboard protocol", "\u001b[?7u"],
  ["background colour", "\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\"],
  ["foreground colour, ended by BEL", "\u001b]10;rgb:ff/ff/ff\u0007"],
  ["version", "\u001bP>|xterm(388)\u001b\\"],
])("the %s that a terminal reports is not typed", (_, reply) => {
  expect(kept(`a${reply}b`)).toBe("ab");
});

test.each([
  ["text", "häl漢lo 👩‍👩‍👧"],
  ["arrow keys", "\u001b[A\u001b[1;5C"],
  ["escape alone", "\u001b"],
  ["a paste", "\u001b[200~two\nlines\u001b[201~"],
  ["a key of the keyboard protocol", "\u001b[97;5u"],
  ["a mouse click", "\u001b[<0;10;10M"],
  ["focus", "\u001b[I"],
])("%s is", (_, typed) => {
  expect(kept(typed)).toBe(typed);
});

test("a character that is cut in two keeps both halves", () => {
  const bytes = Buffer.from("\u001b[A漢");
  expect(withoutReplies(bytes.subarray(0, 4))).toEqual(bytes.subarray(0, 4));
});
