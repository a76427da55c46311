import { readFileSync } from "node:fs";
import { type Operation, operations } from "@codex-workspace/api";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");

/** The cells of each row of the page's tables. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

function needsOf({ needs }: Operation): string {
  if (needs === "nothing") return "no token";
  if (needs === "any token") return "any token";
  if (typeof needs === "string") return `\`${needs}\``;
  return Object.entries(needs)
    .map(([variant, scope]) => `\`${variant}\`: \`${scope}\``)
    .join(", ");
}

test("docs/api.md has every operation with what its token needs and what it is, in the order of the documents", () => {
  expect(rows).toEqual(
    operations.map((operation) => [
      `\`${operation.method.toUpperCase()} ${operation.path}\``,
      needsOf(operation),
      operation.summary,
    ]),
  );
});

test("its headings are the documents' tags", () => {
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([...new Set(operations.map(({ tag }) => tag))]);
});
