import { readFileSync } from "node:fs";
import type { Command } from "commander";
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

/** Every command that does something, by all of its words. */
function leaves(parent: Command, words: readonly string[] = []): [string, Command][] {
  return parent.commands.flatMap((command) => {
    const name = [...words, command.name()];
    return command.commands.length === 0 ? [[name.join(" "), command]] : leaves(command, name);
  });
}

test("--help of every command has examples, of that command", () => {
  for (const [name, command] of leaves(createProgram({} as CliContext, "1.2.3"))) {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help, name).toMatch(new RegExp(`Examples:\\n(.*\\n)*.*codex-workspace ${name}\\b`));
  }
});

test("docs/cli.md has every command with every option, and every exit code", () => {
  const documentation = read("docs/cli.md");
  const rows = documentation.split("\n").filter((line) => line.startsWith("| `"));

  for (const [name, command] of leaves(createProgram({} as CliContext, "1.2.3"))) {
    const row = rows.find((line) => new RegExp(`^\\| \`${name}[ \`]`).test(line));
    expect(row, name).toBeDefined();
    for (const { long } of command.options) if (long !== "--debug") expect(row, name).toContain(long);
  }
  for (const code of Object.values(exitCodes)) expect(documentation).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
});
