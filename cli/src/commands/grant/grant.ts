import { Command } from "commander";
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
  for (const create of providerCommands) command.addCommand(create(context));
  return command.addCommand(bearerCommand(context), { isDefault: true }).addCommand(listCommand(context));
}
