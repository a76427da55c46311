import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { auditActions } from "./audit.ts";

test("docs/operations.md lists every action of the audit trail, and no other", () => {
  const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => /^\| `\w+\/\w+`/.test(line));
  expect(
    rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, action]) => action)),
  ).toEqual([...auditActions]);
});
