import { Command, CommanderError } from "commander";
import type { CliContext } from "../../context.ts";
import { bearerCommand } from "./bearer.ts";
import { listCommand } from "./list.ts";
import { providerCommands } from "./provider.ts";

export function grantCommand(context: CliContext): Command {
  const command = new Command("grant")
    .summary("store a key that workspaces use without holding it")
    .description(
      "Stores a key, encrypted, after asking its provider whether it is good. It comes from the environment, standard input or a prompt that does not show it, never from the command line.",
    )
    .addHelpText("after", "\ngrant NAME --host HOST is short for grant bearer NAME --host HOST.");
  // Nobody knows by heart what there is.
  command.hook("preSubcommand", () => {
    if (command.args.length > 0) return;
    context.output.result(whatCanBeGranted(context));
    throw new CommanderError(0, "grant.listed", "listed");
  });
  for (const create of providerCommands) command.addCommand(create(context));
  return command.addCommand(bearerCommand(context), { isDefault: true }).addCommand(listCommand(context));
}

function whatCanBeGranted({ programName }: CliContext): string {
  const rows = [
    ["grant openai", 'key of the model provider, for the spec\'s `grants = ["openai"]`'],
    ["grant github", "GitHub token, for git over HTTPS and the GitHub API"],
    ["grant bearer NAME --host HOST", "bearer token for one host, such as a package registry or an MCP server"],
    ["grant list", "what is granted already"],
  ];
  const width = Math.max(...rows.map(([words = ""]) => words.length)) + 2;
  const lines = rows.map(([words = "", about = ""]) => `  ${programName} ${words.padEnd(width)}${about}`);
  return ["what can be granted:", ...lines].join("\n");
}
