import { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { DownReport } from "../engines/engine.ts";
import { findWorkspace } from "../find-workspace.ts";
import { withWorkspaceLock } from "../lock.ts";
import { choiceOptions } from "./choice-options.ts";

export function downCommand(context: CliContext): Command {
  return new Command("down")
    .summary("stop a workspace and remove its containers or processes")
    .description("Ends a workspace. Conversation, CODEX_HOME and project stay; `up` goes on with them.")
    .addOption(choiceOptions.name())
    .option(
      "--volumes",
      "also remove conversation and CODEX_HOME, and forget the workspace; never the project directory",
    )
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace down
  codex-workspace down --name app --volumes       nothing of it stays but the project`,
    )
    .action(async (options: { readonly name?: string; readonly volumes?: true; readonly json?: true }) => {
      const { name } = await findWorkspace(context.state, context.cwd, options);
      const { removed, kept } = await withWorkspaceLock(context.state.root, name, () =>
        takeDown(context, name, options.volumes === true),
      );
      if (options.json) {
        context.output.result(JSON.stringify({ name, removed, kept }));
        return;
      }
      const lines = [
        removed.length === 0 ? `"${name}" is down already` : `"${name}" is down`,
        ...removed.map((what) => `  removed ${what}`),
        ...kept.map((what) => `  kept ${what}`),
      ];
      context.output.result(lines.join("\n"));
    });
}

async function takeDown({ state, cwd, engine }: CliContext, name: string, volumes: boolean): Promise<DownReport> {
  const directory = state.workspace(name);
  // Again, now that nobody else changes it.
  const record = await findWorkspace(state, cwd, { name });
  const report = await (await engine(record.engine)).down(record, { volumes });
  if (volumes) await directory.remove();
  else await directory.write({ ...record, planHash: undefined, url: undefined, processes: undefined });
  return report;
}
