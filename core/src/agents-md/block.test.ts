import fc from "fast-check";
import { expect, test } from "vitest";
import { WorkspaceError } from "../errors.ts";
import { writeManagedBlock } from "./block.ts";

const begin = "<!-- codex-workspace:begin instructions (written by codex-workspace; changes in here are lost) -->";
const end = "<!-- codex-workspace:end instructions -->";

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkspaceError) return error.code;
    throw error;
  }
  return undefined;
}

test("a new file is the block alone", () => {
  expect(writeManagedBlock({ current: undefined, content: "Be kind.\n" })).toBe(`${begin}\nBe kind.\n${end}\n`);
});

test("without a file and without content there is nothing to write", () => {
  expect(writeManagedBlock({ current: undefined, content: undefined })).toBeUndefined();
  expect(writeManagedBlock({ current: "", content: undefined })).toBe("");
});

test("the block is set apart at the end of what others wrote, then replaced in place", () => {
  const first = writeManagedBlock({ current: "# Mine\n", content: "one" });
  expect(first).toBe(`# Mine\n\n${begin}\none\n${end}\n`);
  expect(writeManagedBlock({ current: `${first ?? ""}\nMore of mine`, content: "two\n\nthree" })).toBe(
    `# Mine\n\n${begin}\ntwo\n\nthree\n${end}\n\nMore of mine`,
  );
});

test("blocks of two ids live in one file, also where one id begins like the other", () => {
  const one = writeManagedBlock({ current: undefined, content: "one", id: "a" });
  const both = writeManagedBlock({ current: one, content: "two", id: "a.b" });
  expect(writeManagedBlock({ current: both, content: undefined, id: "a.b" })).toBe(one);
  expect(writeManagedBlock({ current: both, content: undefined, id: "a" })).toContain("two");
});

test("a file with CRLF gets a block with CRLF", () => {
  expect(writeManagedBlock({ current: "# Mine\r\n", content: "one\ntwo" })).toBe(
    `# Mine\r\n\r\n${begin}\r\none\r\ntwo\r\n${end}\r\n`,
  );
});

const anyText = fc
  .array(fc.constantFrom("\n", "\r\n", "\n\n", "a", "# b", "<!-- note -->", "`codex-workspace:begin`", "$&", " "))
  .map((parts) => parts.join(""));

test("writing twice is writing once, and taking the block out gives the file back", () => {
  fc.assert(
    fc.property(anyText, anyText, (current, content) => {
      const written = writeManagedBlock({ current, content });
      expect(writeManagedBlock({ current: written, content })).toBe(written);
      expect(written?.startsWith(current)).toBe(true);
      const removed = writeManagedBlock({ current: written, content: undefined });
      // An unfinished last line was finished, to set the block apart.
      const finished = current === "" || current.endsWith("\n") ? [current] : [`${current}\n`, `${current}\r\n`];
      expect(finished).toContain(removed);
    }),
  );
});

test("what stands around a block keeps every byte while the block changes", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (before, content, after) => {
      const file = (text: string) => `${before}\n${begin}\n${text}\n${end}\n${after}`;
      const lineBreak = /\r?\n/.exec(file(""))?.[0] ?? "\n";
      const written = writeManagedBlock({ current: file("old"), content });
      expect(written?.startsWith(`${before}\n${begin}${lineBreak}`)).toBe(true);
      expect(written?.endsWith(`${lineBreak}${end}\n${after}`)).toBe(true);
      expect(writeManagedBlock({ current: file("old"), content: undefined })?.includes("old")).toBe(false);
    }),
  );
});

test.each([
  ["its begin marker", `text\n${begin}`],
  ["its end marker", `a ${end} b`],
  ["the marker of another block", "<!--codex-workspace:begin other -->"],
])("content with %s is refused", (_, content) => {
  expect(codeOf(() => writeManagedBlock({ current: undefined, content }))).toBe("MARKER_IN_INPUT");
});

test("content that only speaks of the markers is accepted", () => {
  expect(codeOf(() => writeManagedBlock({ current: undefined, content: "Leave codex-workspace:begin alone." }))).toBe(
    undefined,
  );
});

test.each([
  ["no end", `${begin}\nx\n`],
  ["no begin", `x\n${end}\n`],
  ["its end first", `${end}\nx\n${begin}\n`],
  ["two blocks", `${begin}\nx\n${end}\n${begin}\ny\n${end}\n`],
  ["another block's marker in it", `${begin}\n<!-- codex-workspace:end other -->\n${end}\n`],
])("a file whose block has %s is left to its owner", (_, current) => {
  expect(codeOf(() => writeManagedBlock({ current, content: "new" }))).toBe("MARKER_BROKEN");
  expect(codeOf(() => writeManagedBlock({ current, content: undefined }))).toBe("MARKER_BROKEN");
});

test("markers that are indented or carry blanks are found", () => {
  expect(writeManagedBlock({ current: `  ${begin} \nold\n\t${end}\t\n`, content: "new" })).toBe(
    `${begin}\nnew\n${end}\n`,
  );
});
