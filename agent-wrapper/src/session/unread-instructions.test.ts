import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { unreadInstructions } from "./unread-instructions.ts";

const directory = mkdtempSync(join(tmpdir(), "unread-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, "AGENTS.md");
writeFileSync(file, "rule");
const expected = [{ input: "projectSystemPrompt", file }] as const;

test("says nothing of a file that is read, also through a link, or of a version that reports none", () => {
  const link = join(directory, "link");
  symlinkSync(directory, link);
  expect(unreadInstructions(expected, ["/other/AGENTS.md", join(link, "AGENTS.md")])).toEqual([]);
  expect(unreadInstructions(expected, undefined)).toEqual([]);
  expect(unreadInstructions([], [])).toEqual([]);
});

test("names what is read instead, or that nothing is", () => {
  const override = join(directory, "AGENTS.override.md");
  const [instead] = unreadInstructions(expected, [override]);
  expect(instead).toMatch(
    /^projectSystemPrompt does not reach the model: .*Codex reads .*AGENTS\.override\.md instead/,
  );
  const [nothing] = unreadInstructions(expected, ["/other/AGENTS.md"]);
  expect(nothing).toMatch(/reads no instructions in that directory.*empty AGENTS\.override\.md.*project_doc_max_bytes/);
});

test("says nothing of what the wrapper left alone", () => {
  const folder = join(directory, "folder");
  mkdirSync(folder);
  const link = join(directory, "dangling");
  symlinkSync(join(directory, "nowhere"), link);
  const long = join(directory, "long");
  writeFileSync(long, "x".repeat(1024 ** 2 + 1));
  for (const odd of [folder, link, long])
    expect(unreadInstructions([{ input: "systemPrompt", file: odd }], [])).toEqual([]);
  const missing = join(directory, "missing");
  expect(unreadInstructions([{ input: "systemPrompt", file: missing }], [])).toHaveLength(1);
});
