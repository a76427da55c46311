import { basename } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import { Argument, Command } from "commander";
import { offerFor } from "../completion/offer.ts";
import { fromBashWords, scripts, type Shell, shells, toLines } from "../completion/shells.ts";
import type { CliContext } from "../context.ts";

export function completionCommand({ env, output, state }: CliContext): Command {
  return new Command("completion")
    .summary("complete commands in bash, zsh or fish")
    .description(
      "Prints a script for the shell that completes commands, options, their values, names of workspaces, files and directories. After --, it prints what the last of the words may become: this is what the script asks.",
    )
    .addArgument(new Argument("[SHELL]", "whose script (default: the shell of $SHELL)").choices(shells))
    .addArgument(new Argument("[WORD...]", "the words of a command line up to the cursor, without the first"))
    .addHelpText(
      "after",
      `
Examples:
  source <(codex-workspace completion bash)            in ~/.bashrc
  source <(codex-workspace completion zsh)             in ~/.zshrc, below compinit
  codex-workspace completion fish | source             in ~/.config/fish/config.fish
  codex-workspace completion fish -- up --engine ""    what may follow`,
    )
    .action(async (given: Shell | undefined, words: readonly string[], _options: object, command: Command) => {
      const shell = given ?? shellOf(env["SHELL"]);
      if (command.parent === null || words.length === 0) {
        output.result(scripts[shell]);
        return;
      }
      const workspaceNames = async (): Promise<string[]> => (await state.records()).map(({ name }) => name);
      const grantNames = async (): Promise<string[]> => {
        const { openGrants } = await import("../grants/open-grants.ts");
        return [...new Set((await openGrants({ state }).places()).map(({ name }) => name))];
      };
      const names = { workspaceNames, grantNames };
      const offer = await offerFor(command.parent, shell === "bash" ? fromBashWords(words) : words, names);
      for (const line of toLines(offer)) output.result(line);
    });
}

/** @throws WorkspaceError `USAGE` */
function shellOf(path: string | undefined): Shell {
  const shell = shells.find((known) => known === basename(path ?? ""));
  if (shell !== undefined) return shell;
  throw new WorkspaceError(path ? `there is no completion for ${path}` : "SHELL is not set", {
    code: "USAGE",
    remedy: `Say for which shell: codex-workspace completion ${shells.join("|")}`,
  });
}
