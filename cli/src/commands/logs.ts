import { once } from "node:events";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { findWorkspace } from "../find-workspace.ts";
import { nameOption } from "./name-option.ts";

export function logsCommand(context: CliContext): Command {
  return new Command("logs")
    .summary("print the wrapper's log")
    .description("Prints the log of the agent wrapper: one JSON object a line.")
    .addOption(nameOption())
    .option("-f, --follow", "go on with what is logged from now on, until Ctrl-C")
    .action(async (options: { readonly name?: string; readonly follow?: true }) => {
      const record = await findWorkspace(context.state, context.cwd, options);
      const engine = await context.engine(record.engine);
      const { signal, stdout } = context;
      // Ctrl-C is how following ends: no failure.
      for await (const chunk of engine.logs(record, { follow: options.follow === true, tail: undefined, signal })) {
        if (!stdout.write(chunk) && !signal.aborted) await once(stdout, "drain");
      }
    });
}
