import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import { choiceOptions } from "./choice-options.ts";

export function messagesCommand(context: CliContext): Command {
  return new Command("messages")
    .summary("print the conversation")
    .description("Prints the conversation of the session: prompts, and the agent's answers as it wrote them.")
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace messages
  codex-workspace messages --json | jq -r '.messages[-1].content'`,
    )
    .action(async (options: ReachChoice & { readonly json?: true }) => {
      const { client } = await reachWorkspace(context, options);
      const { messages } = await client.messages({ signal: context.signal });
      const spoken = messages.filter(({ content }) => content !== "");
      context.output.result(
        options.json
          ? JSON.stringify({ messages })
          : spoken
              .map(({ role, time, content }) => `── ${role} · ${time}\n${content}\n`)
              .join("\n")
              .trimEnd(),
      );
    });
}
