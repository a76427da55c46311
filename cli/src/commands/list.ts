import { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { WorkspaceRecord } from "../state.ts";

export function listCommand(context: CliContext): Command {
  return new Command("list")
    .summary("list the workspaces of this user")
    .description("Lists the workspaces of this user: running, stopped, or down (only what they stored is there).")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace list
  codex-workspace list --json | jq -r '.workspaces[] | select(.state == "running").name'`,
    )
    .action(async (options: { readonly json?: true }) => {
      const records = await context.state.records();
      const rows = await Promise.all(
        records.map(async (record) => {
          const { name, engine, url, directory } = record;
          const state = await stateOf(context, record);
          return { name, engine, state, url: state === "running" ? url : undefined, directory };
        }),
      );
      if (options.json) {
        context.output.result(JSON.stringify({ workspaces: rows }));
        return;
      }
      const header = { name: "NAME", engine: "ENGINE", state: "STATE", url: "URL", directory: "DIRECTORY" };
      const width = (key: "name" | "state" | "url"): number =>
        Math.max(...[header, ...rows].map((row) => (row[key] ?? "").length)) + 2;
      const lines = [header, ...rows].map(
        ({ name, engine, state, url = "", directory }) =>
          name.padEnd(width("name")) +
          engine.padEnd(8) +
          state.padEnd(width("state")) +
          url.padEnd(width("url")) +
          directory,
      );
      context.output.result(lines.join("\n"));
    });
}

/** An engine that does not answer hides no workspace: its state is then not known. */
async function stateOf(context: CliContext, record: WorkspaceRecord): Promise<string> {
  try {
    return await (await context.engine(record.engine)).state(record);
  } catch (error) {
    context.output.note(`${record.name}: ${error instanceof Error ? error.message : String(error)}`);
    return "unknown";
  }
}
