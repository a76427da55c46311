import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { readPrompt, watched } from "../prompt.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import { waitForReadiness } from "../readiness.ts";
import type { WorkspaceRecord } from "../state.ts";
import { choiceOptions } from "./choice-options.ts";

/** How long a workspace may take to start. */
const startMs = 120_000;

interface SendOptions extends ReachChoice {
  readonly wait: boolean;
  readonly json?: true;
}

export function sendCommand(context: CliContext): Command {
  return new Command("send")
    .summary("send a prompt and print the agent's answer")
    .description("Sends a prompt to the Codex session, waits for the end of its turn and prints the agent's answer.")
    .argument("<TEXT>", "the prompt; - reads it from standard input")
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .option("--no-wait", "return when the session has taken the prompt")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace send "Run the tests and say what fails."
  git diff | codex-workspace send --name app -
  CODEX_WORKSPACE_TOKEN="$TOKEN" codex-workspace send --url http://127.0.0.1:3284 "What are you?"`,
    )
    .action(async (given: string, options: SendOptions) => {
      const content = await readPrompt(context, given);
      const workspace = await reachWorkspace(context, options);
      const { client, record } = workspace;
      const { signal, output } = context;
      // One that `up --detach` has started, or that starts again. What is wrong then, the prompt itself reports.
      await waitForReadiness(client, { deadlineMs: startMs, signal, whyStopped: () => whyStopped(context, record) });
      if (!options.wait) {
        await client.sendMessage(content, { signal });
        output.result(options.json ? JSON.stringify({ ok: true }) : "sent");
        return;
      }
      const answer = await watched(workspace, client.prompt(content, { signal }), context);
      output.result(options.json ? JSON.stringify(answer) : answer.content);
    });
}

/** Only of one that we have started anything is known. */
async function whyStopped(context: CliContext, record: WorkspaceRecord | undefined): Promise<string | undefined> {
  if (record === undefined) return undefined;
  const engine = await context.engine(record.engine);
  const state = await engine.state(record);
  return state === "running" ? undefined : `it is ${state}`;
}
