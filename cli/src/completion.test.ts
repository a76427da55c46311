import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bashCompletion } from "./completion.ts";
import type { CliContext } from "./context.ts";
import { createProgram } from "./program.ts";

/** What bash itself offers after these words. */
function completed(...words: readonly string[]): string[] {
  const script = `${bashCompletion(createProgram({} as CliContext, "1.2.3"))}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _codex_workspace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync("bash", ["-c", script, "bash", "codex-workspace", ...words], { encoding: "utf8" });
  return printed.split("\n").filter((line) => line !== "");
}

test("bash completes commands, those below them, and their options", () => {
  expect(completed("st")).toEqual(["status"]);
  expect(completed("config", "")).toEqual(["render", "explain", "check", "--help"]);
  expect(completed("config", "render", "--o")).toEqual(["--out"]);
  expect(completed("up", "app", "--full")).toEqual(["--full-auto"]);
  expect(completed("down", "--spec")).toEqual([]);
});
