import { ApiError } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import { choiceOptions } from "./choice-options.ts";

export function interruptCommand(context: CliContext): Command {
  return new Command("interrupt")
    .summary("interrupt the turn that runs")
    .description("Interrupts the running turn of the Codex session, and returns when it has ended.")
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace interrupt
  codex-workspace interrupt --name app --json | jq -r .status`,
    )
    .action(async (options: ReachChoice & { readonly json?: true }) => {
      const { client, name } = await reachWorkspace(context, options);
      const turn = await client
        .session()
        .interrupt({ signal: context.signal })
        .catch((error: unknown) => {
          throw asIdle(name, error);
        });
      context.output.result(options.json ? JSON.stringify(turn) : `the turn in "${name}" is ${turn.status}`);
    });
}

/** A refusal in the words of this command line. */
function asIdle(name: string, error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== "NO_TURN_RUNNING") return error;
  return new WorkspaceError(`no turn runs in "${name}"`, {
    code: "NO_TURN_RUNNING",
    remedy: "There is nothing to interrupt.",
    cause: error,
  });
}
