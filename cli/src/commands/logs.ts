import { Argument, Command } from "commander";
import type { CliContext } from "../context.ts";
import { type Service, services } from "../engines/engine.ts";
import { findWorkspace } from "../find-workspace.ts";
import { isUp } from "../is-up.ts";
import { linesOf } from "../lines-of.ts";
import { requireService } from "../require-service.ts";
import { showLogLines } from "../show-log.ts";
import { logOptions } from "./log-options.ts";
import { choiceOptions } from "./choice-options.ts";

interface LogsOptions {
  readonly name?: string;
  readonly follow: boolean;
  readonly tail?: number;
  readonly json?: true;
}

export function logsCommand(context: CliContext): Command {
  return new Command("logs")
    .summary("print the log of the wrapper, or of a gateway")
    .description(
      "Prints the log of the agent wrapper or of a gateway. On a terminal the wrapper's log is a line of text for each entry; elsewhere, and with --json, one JSON object a line. With --follow it goes on, also where the program is restarted or `up` replaces it, until Ctrl-C or `down`.",
    )
    .addArgument(new Argument("[SERVICE]", "whose log").choices(services).default("workspace"))
    .addOption(choiceOptions.name())
    .addOption(logOptions.follow())
    .addOption(logOptions.tail("lines"))
    .option("--json", "print the log as it is, also on a terminal")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace logs --name app
  codex-workspace logs -f | jq -r '"\\(.time) \\(.msg)"'
  codex-workspace logs model-gateway -n 20`,
    )
    .action(async (service: Service, { name, follow, tail, json }: LogsOptions) => {
      const record = await findWorkspace(context.state, context.cwd, { name });
      const engine = await context.engine(record.engine);
      await requireService(engine, record, service);
      const goesOn = follow ? () => isUp(context, record) : undefined;
      const log = engine.logs(record, { service, follow: goesOn, tail, signal: context.signal });
      if (context.stdout.isTTY && service === "workspace" && json !== true) {
        for await (const line of linesOf(log)) for (const shown of showLogLines(line)) context.output.result(shown);
        return;
      }
      for await (const chunk of log) await context.output.part(chunk);
    });
}
