import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CliContext } from "./context.ts";
import { createProgram } from "./program.ts";
import { exitCodes } from "./show-error.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/errors.md has every error code, and no other", () => {
  const [, union = ""] = /export type ErrorCode =([^;]*);/.exec(read("core/src/errors.ts")) ?? [];
  const known = [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code]) => code);
  const documented = [...read("docs/errors.md").matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);

  expect(known.length).toBeGreaterThan(30);
  expect(documented.sort()).toEqual(known.sort());
});

test("docs/cli.md has every command with every option, and every exit code", () => {
  const documentation = read("docs/cli.md");
  const rows = documentation.split("\n").filter((line) => line.startsWith("| `"));

  for (const command of createProgram({} as CliContext, "1.2.3").commands) {
    const row = rows.find((line) => new RegExp(`^\\| \`${command.name()}[ \`]`).test(line));
    expect(row, command.name()).toBeDefined();
    for (const { long } of command.options) if (long !== "--debug") expect(row, command.name()).toContain(long);
  }
  for (const code of Object.values(exitCodes)) expect(documentation).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
});
