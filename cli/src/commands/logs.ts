import { Argument, Command } from "commander";
import type { CliContext } from "../context.ts";
import { type Service, services } from "../engines/engine.ts";
import { findWorkspace } from "../find-workspace.ts";
import { isUp } from "../is-up.ts";
import { requireService } from "../require-service.ts";
import { logOptions } from "./log-options.ts";
import { choiceOptions } from "./choice-options.ts";

interface LogsOptions {
  readonly name?: string;
  readonly follow: boolean;
  readonly tail?: number;
}

export function logsCommand(context: CliContext): Command {
  return new Command("logs")
    .summary("print the log of the wrapper, or of a gateway")
    .description(
      "Prints the log of the agent wrapper, one JSON object a line, or as it is that of a gateway. With --follow it goes on, also where the program is restarted or `up` replaces it, until Ctrl-C or `down`.",
    )
    .addArgument(new Argument("[SERVICE]", "whose log").choices(services).default("workspace"))
    .addOption(choiceOptions.name())
    .addOption(logOptions.follow())
    .addOption(logOptions.tail("lines"))
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace logs --name app
  codex-workspace logs -f | jq -r '"\\(.time) \\(.msg)"'
  codex-workspace logs model-gateway -n 20`,
    )
    .action(async (service: Service, { name, follow, tail }: LogsOptions) => {
      const record = await findWorkspace(context.state, context.cwd, { name });
      const engine = await context.engine(record.engine);
      await requireService(engine, record, service);
      const goesOn = follow ? () => isUp(context, record) : undefined;
      for await (const chunk of engine.logs(record, { service, follow: goesOn, tail, signal: context.signal })) {
        await context.output.part(chunk);
      }
    });
}
