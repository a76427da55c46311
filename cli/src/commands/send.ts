import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { WorkspaceClient } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { connect, findWorkspace } from "../find-workspace.ts";
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
      const content = given === "-" ? await text(context.stdin) : given;
      if (content.trim() === "") {
        throw new WorkspaceError("the prompt is empty", {
          code: "USAGE",
          remedy: "Send one with more than white space.",
        });
      }
      const record = await findWorkspace(context.state, context.cwd, options);
      const client = await connect(context, record);
      const { signal, output } = context;
      if (!options.wait) {
        await client.sendMessage(content, { signal });
        output.result(options.json ? JSON.stringify({ ok: true }) : "sent");
        return;
      }
      const answered = new AbortController();
      const watching = sayWhenAttentionIsWanted(client, context, AbortSignal.any([answered.signal, signal]));
      try {
        const answer = await client.prompt(content, { signal });
        output.result(options.json ? JSON.stringify(answer) : answer.content);
      } finally {
        answered.abort();
        await watching;
      }
    });
}

const watchPauseMs = 1_000;

/** A turn that waits for a person would otherwise look like one that takes long. */
async function sayWhenAttentionIsWanted(
  client: WorkspaceClient,
  { output, programName }: CliContext,
  signal: AbortSignal,
): Promise<void> {
  let said = "";
  while (!signal.aborted) {
    await delay(watchPauseMs, undefined, { signal }).catch(() => undefined);
    // What is wrong with the connection, the prompt itself reports.
    const status = (await client.workspaceStatus({ signal }).catch(() => undefined))?.status ?? "";
    if (status.startsWith("awaiting") && status !== said) {
      output.note(
        `Codex waits for ${status === "awaiting_approval" ? "an approval" : "an answer"}: ${programName} attach`,
      );
    }
    said = status;
  }
}
