import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { checkCommand } from "./check.ts";
import { explainCommand } from "./explain.ts";
import { renderCommand } from "./render.ts";

export function configCommand(context: CliContext): Command {
  const command = new Command("config")
    .summary("show, explain and check what Codex would be configured with")
    .description("Shows what `up` would configure Codex with. Nothing is started, no secret is read.");
  for (const create of [renderCommand, explainCommand, checkCommand]) command.addCommand(create(context));
  return command;
}
