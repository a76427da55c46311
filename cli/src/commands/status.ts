import type { WorkspaceStatus } from "@codex-workspace/client";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { type ReachChoice, reachWorkspace } from "../reach-workspace.ts";
import type { WorkspaceRecord } from "../state.ts";
import { latelyMinutes, type NetworkNow, networkNow } from "../trace/network-now.ts";
import { showTold } from "../show-told.ts";
import { choiceOptions } from "./choice-options.ts";

export function statusCommand(context: CliContext): Command {
  return new Command("status")
    .summary("say what a workspace does now")
    .description("Says what is true of a workspace now. Exit code 3 when it does not run.")
    .addOption(choiceOptions.name())
    .addOption(choiceOptions.url())
    .addOption(choiceOptions.tokenFile())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace status
  codex-workspace status --name app --json | jq -r .status
  codex-workspace status --url https://agent.example.com --token-file token`,
    )
    .action(async (options: ReachChoice & { readonly json?: true }) => {
      const { client, record } = await reachWorkspace(context, options);
      const status = await client.workspaceStatus({ signal: context.signal });
      const network = record && (await networkNow(await context.engine(record.engine), record, context.signal));
      // Only of one that we have started.
      const { engine, directory, model, told, warnings: ofUp = [] }: Partial<WorkspaceRecord> = record ?? {};
      const warnings = [...ofUp, ...status.warnings];
      const url = client.baseUrl;
      if (options.json) {
        context.output.result(
          JSON.stringify({ ...status, $schema: undefined, warnings, engine, url, directory, told, model, network }),
        );
        return;
      }
      const { problem, sandbox, configConflicts, reload, mcpServers = [] } = status;
      const rows = [
        ["status", problem === undefined ? status.status : `${status.status}: ${problem}`],
        ["url", url],
        ["engine", engine],
        ["project", directory],
        ["options", told && showTold(told)],
        ["Codex", status.codexVersion],
        ["model", model === undefined ? undefined : `${model.baseUrl} (${model.why})`],
        ["limits", toLimits(status.modelLimits)],
        ["tokens", toTokens(status)],
        ["network", network && showNetwork(network)],
        ["sandbox", sandbox.reason === undefined ? sandbox.state : `${sandbox.state}: ${sandbox.reason}`],
        ...mcpServers.map(({ name, status: state, problem: why }) => ["MCP", `${name}: ${why ?? state}`]),
        ["thread", status.threadId],
        ["last turn", showLastTurn(status)],
        ["config", status.configHash.slice(0, 12)],
        ["reload", reload === undefined ? undefined : [reload.state, reload.reason].filter(Boolean).join(": ")],
        ...configConflicts.map(({ key, file, kept }) => [
          "conflict",
          `${key} in ${file} was changed on both sides; ${kept === "ours" ? "the spec's value" : "the value of that file"} is in force`,
        ]),
        ...warnings.map((warning) => ["warning", warning]),
      ];
      const shown = rows
        .filter((row) => (row[1] ?? "") !== "")
        .map(([key = "", value = ""]) => `${key.padEnd(9)} ${value}`);
      context.output.result([status.name, ...shown].join("\n"));
    });
}

/** Of a turn that did not complete, why. */
function showLastTurn({ lastTurn }: WorkspaceStatus): string | undefined {
  if (lastTurn === undefined || lastTurn.status === "completed") return undefined;
  const { status, error, failure, interruptedBy } = lastTurn;
  const why = [failure?.code, error].filter((part) => part !== undefined).join(": ");
  const by = interruptedBy === undefined ? "" : ` (${interruptedBy})`;
  return [`${status}${by}`, why, failure && `→ ${failure.remedy}`].filter(Boolean).join(" ");
}

function showNetwork({ mode, denied = [] }: NetworkNow): string {
  if (denied.length === 0) return mode;
  return `${mode}; denied within ${latelyMinutes} minutes: ${denied.join(", ")} (codex-workspace trace --denied)`;
}

function toLimits({ requestsPerMinute, concurrentRequests }: WorkspaceStatus["modelLimits"]): string | undefined {
  if (requestsPerMinute === undefined || concurrentRequests === undefined) return undefined;
  return `${requestsPerMinute} model requests a minute, ${concurrentRequests} at once`;
}

function toTokens({ tokensToday: { used }, modelLimits: { tokensPerDay } }: WorkspaceStatus): string {
  return `${used}${tokensPerDay === undefined ? "" : ` of ${tokensPerDay}`} today (UTC)`;
}
