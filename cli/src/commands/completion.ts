import { Command } from "commander";
import { bashCompletion } from "../completion.ts";
import type { CliContext } from "../context.ts";

export function completionCommand({ output }: CliContext): Command {
  return new Command("completion")
    .summary("print a script that completes commands in bash")
    .description("Prints a script for bash that completes commands and options.")
    .addHelpText(
      "after",
      `
Examples:
  source <(codex-workspace completion)
  codex-workspace completion > ~/.local/share/bash-completion/completions/codex-workspace`,
    )
    .action((_options: object, command: Command) => {
      if (command.parent !== null) output.result(bashCompletion(command.parent));
    });
}
