import type { MessageBody, Prompt, PromptInput } from "@codex-workspace/client";
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { asBusy, readPrompt, requireCompleted, runPrompt } from "../prompt.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import { waitForReadiness } from "../readiness.ts";
import type { WorkspaceRecord } from "../state.ts";
import { choiceOptions } from "./choice-options.ts";
import { workspaceOptions } from "./workspace-options.ts";

/** How long a workspace may take to start. */
const startMs = 120_000;

interface SendOptions extends ReachChoice {
  readonly queue?: true;
  readonly steer?: true;
  readonly interrupt?: true;
  readonly verbose?: true;
  readonly wait: boolean;
  readonly json?: true;
}

export function sendCommand(context: CliContext): Command {
  return new Command("send")
    .summary("send a prompt and print the agent's answer")
    .description(
      "Sends a prompt to the Codex session, waits for the end of its turn and prints the agent's answer. Exit code 0 when the turn completed, 1 when it failed, 130 when it was interrupted. While another turn runs it is refused, unless an option says what to do.",
    )
    .argument("<TEXT>", "the prompt; - reads it from standard input")
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .addOption(new Option("--queue", "while a turn runs: wait for its end").conflicts(["steer", "interrupt"]))
    .addOption(new Option("--steer", "while a turn runs: add the prompt to it").conflicts("interrupt"))
    .addOption(new Option("--interrupt", "while a turn runs: interrupt it first"))
    .option("--no-wait", "return when the session has taken the prompt")
    .addOption(workspaceOptions.verbose())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace send "Run the tests and say what fails."
  git diff | codex-workspace send --name app -
  codex-workspace send --steer "Leave the tests as they are."
  CODEX_WORKSPACE_TOKEN="$TOKEN" codex-workspace send --url http://127.0.0.1:3284 "What are you?"`,
    )
    .action(async (given: string, options: SendOptions) => {
      const content = await readPrompt(context, given);
      const workspace = await reachWorkspace(context, options);
      const { client, record } = workspace;
      const { signal, output } = context;
      // One that `up --detach` has started, or that starts again. What is wrong then, the prompt itself reports.
      await waitForReadiness(client, { deadlineMs: startMs, signal, whyStopped: () => whyStopped(context, record) });
      const request = { input: content, whenBusy: whenBusy(options) };
      if (!options.wait) {
        const { id, state } = await client
          .session()
          .sendPrompt(request, { signal })
          .catch((error: unknown) => {
            throw asBusy(workspace, error);
          });
        output.result(options.json ? JSON.stringify({ ok: true, id, state }) : "sent");
        return;
      }
      const { messages: before } = await client.messages({ signal });
      const prompt = await runPrompt(workspace, request, context, { verbose: options.verbose === true });
      requireCompleted(prompt);
      const { messages } = await client.messages({ signal });
      const answer = answerTo(content, messages.slice(before.length), prompt);
      output.result(options.json ? JSON.stringify(answer) : answer.content);
    });
}

function whenBusy({ queue, steer, interrupt }: SendOptions): NonNullable<PromptInput["whenBusy"]> {
  if (queue) return "queue";
  if (steer) return "steer";
  return interrupt ? "interrupt" : "reject";
}

/** The answer among the messages that came since. Somebody else may have sent a prompt too: ours has our text. */
function answerTo(
  content: string,
  added: readonly MessageBody[],
  { finalMessage = "", endedAt = "" }: Prompt,
): Pick<MessageBody, "role" | "content" | "time"> {
  const sent = added.findIndex((message) => message.role === "user" && message.content.trim() === content.trim());
  const answer = sent < 0 ? undefined : added.slice(sent + 1).find(({ role }) => role === "agent");
  if (answer !== undefined && answer.content !== "") return answer;
  return { role: "agent", content: finalMessage, time: endedAt };
}

/** Only of one that we have started anything is known. */
async function whyStopped(context: CliContext, record: WorkspaceRecord | undefined): Promise<string | undefined> {
  if (record === undefined) return undefined;
  const engine = await context.engine(record.engine);
  const state = await engine.state(record);
  return state === "running" ? undefined : `it is ${state}`;
}
