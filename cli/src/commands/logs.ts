import { once } from "node:events";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { findWorkspace } from "../find-workspace.ts";
import { nameOption } from "./name-option.ts";

export function logsCommand(context: CliContext): Command {
  return new Command("logs")
    .summary("print the wrapper's log")
    .description(
      "Prints the log of the agent wrapper: one JSON object a line. With --follow it goes on, also where the wrapper is restarted or `up` replaces it, until Ctrl-C or `down`.",
    )
    .addOption(nameOption())
    .option("-f, --follow", "go on with what is logged from now on, until Ctrl-C or down")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace logs --name app
  codex-workspace logs -f | jq -r '"\\(.time) \\(.msg)"'`,
    )
    .action(async (options: { readonly name?: string; readonly follow?: true }) => {
      const record = await findWorkspace(context.state, context.cwd, options);
      const engine = await context.engine(record.engine);
      const { signal, stdout, state } = context;
      // A `down` forgets the address; a wrapper that was restarted or replaced has one.
      const isUp = async (): Promise<boolean> => (await state.workspace(record.name).read())?.url !== undefined;
      const follow = options.follow ? isUp : undefined;
      // Ctrl-C is how following ends: no failure.
      for await (const chunk of engine.logs(record, { follow, tail: undefined, signal })) {
        if (!stdout.write(chunk) && !signal.aborted) await once(stdout, "drain");
      }
    });
}
