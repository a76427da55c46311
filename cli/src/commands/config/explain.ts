import {
  type ExplainedKey,
  explainConfig,
  explainRepository,
  nearest,
  type RepositoryEffect,
  type RepositoryKey,
  sessionConfig,
  WorkspaceError,
} from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { planIntended, readRepositoryConfig } from "../../intended-workspace.ts";
import { type IntendedOptions, withIntendedOptions } from "./intended-options.ts";

export function explainCommand(context: CliContext): Command {
  const command = new Command("explain")
    .summary("say where every key of config.toml comes from")
    .description(
      "Lists the keys of config.toml with their value, the layer that says so and what it overrode; then what the project's own .codex/config.toml changes. Values that may be secret are shown by their kind.",
    )
    .argument("[KEY]", "only this key, or the keys of this table");
  return withIntendedOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace config explain
  codex-workspace config explain sandbox_workspace_write
  codex-workspace config explain --json | jq '.keys[] | select(.layer == "extraSettings")'`,
    )
    .action(async (key: string | undefined, options: IntendedOptions) => {
      const intended = await planIntended(context, options);
      const found = readRepositoryConfig(intended);
      const all = explainConfig(sessionConfig(intended.plan));
      const repositoryKeys = found === undefined ? [] : explainRepository(intended.plan, found.table);
      if (key !== undefined) requireKnown(key, [...all, ...repositoryKeys]);
      const isWanted = (explained: { readonly key: string }): boolean => isAtOrBelow(explained.key, key);
      const keys = all.filter(isWanted);
      const repository = found === undefined ? undefined : { file: found.file, keys: repositoryKeys.filter(isWanted) };
      if (options.json) {
        context.output.result(JSON.stringify({ keys, ...(repository !== undefined && { repository }) }));
        return;
      }
      const lines = keys.map(showKey);
      if (repository !== undefined && repository.keys.length > 0) {
        lines.push("", `${repository.file}, key by key:`, ...repository.keys.map(showRepositoryKey));
      }
      context.output.result(lines.join("\n").trim());
    });
}

function isAtOrBelow(key: string, wanted: string | undefined): boolean {
  return wanted === undefined || key === wanted || key.startsWith(`${wanted}.`);
}

function requireKnown(wanted: string, known: readonly { readonly key: string }[]): void {
  if (known.some(({ key }) => isAtOrBelow(key, wanted))) return;
  const meant = nearest(
    wanted,
    known.map(({ key }) => key),
  );
  throw new WorkspaceError(`no layer sets ${wanted}: Codex's own default is in force`, {
    code: "USAGE",
    remedy: meant === undefined ? "Leave KEY out to see every key." : `Did you mean ${meant}?`,
  });
}

function showKey({ key, value, layer, overrode }: ExplainedKey): string {
  const over = overrode.map((earlier) => `${earlier.layer} said ${earlier.value}`);
  return `${key} = ${value}\n    ${[layer, ...over.reverse()].join("; ")}`;
}

const effects: Readonly<Record<RepositoryEffect, string>> = {
  applies: "applies",
  same: "says the same",
  yields: "has no effect: ours is passed on start and wins",
  refused: "keeps the session from starting: its sandbox mode would replace a permission profile",
  ignored: "has no effect: Codex takes nothing from a project without trustProject, and this key from none",
};

function showRepositoryKey({ key, value, effect, ours }: RepositoryKey): string {
  const over = effect === "applies" && ours !== undefined ? ` over ours, ${ours}` : "";
  return `${key} = ${value}\n    ${effects[effect]}${over}`;
}
