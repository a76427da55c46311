import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { connect, findWorkspace } from "../find-workspace.ts";
import { askWatched, readPrompt } from "../prompt.ts";
import { nameOption } from "./name-option.ts";

interface SendOptions {
  readonly name?: string;
  readonly wait: boolean;
  readonly json?: true;
}

export function sendCommand(context: CliContext): Command {
  return new Command("send")
    .summary("send a prompt and print the agent's answer")
    .description("Sends a prompt to the Codex session, waits for the end of its turn and prints the agent's answer.")
    .argument("<TEXT>", "the prompt; - reads it from standard input")
    .addOption(nameOption())
    .option("--no-wait", "return when the session has taken the prompt")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace send "Run the tests and say what fails."
  git diff | codex-workspace send --name app -`,
    )
    .action(async (given: string, options: SendOptions) => {
      const content = await readPrompt(context, given);
      const record = await findWorkspace(context.state, context.cwd, options);
      const client = await connect(context, record);
      const { signal, output } = context;
      if (!options.wait) {
        await client.sendMessage(content, { signal });
        output.result(options.json ? JSON.stringify({ ok: true }) : "sent");
        return;
      }
      const answer = await askWatched(client, content, context);
      output.result(options.json ? JSON.stringify(answer) : answer.content);
    });
}
