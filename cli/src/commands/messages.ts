import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { reachWorkspace } from "../reach-workspace.ts";
import { nameOption } from "./name-option.ts";

export function messagesCommand(context: CliContext): Command {
  return new Command("messages")
    .summary("print the conversation")
    .description("Prints the conversation of the session: prompts, and the agent's answers as it wrote them.")
    .addOption(nameOption())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace messages
  codex-workspace messages --json | jq -r '.messages[-1].content'`,
    )
    .action(async (options: { readonly name?: string; readonly json?: true }) => {
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
