import { Command } from "commander";
import type { CliContext } from "../context.ts";
import type { LogOptions } from "../engines/engine.ts";
import { findWorkspace } from "../find-workspace.ts";
import { isUp } from "../is-up.ts";
import { requireService } from "../require-service.ts";
import { followTrace, type GatewayLogs, readTrace, type TracedRequest } from "../trace/read-trace.ts";
import { remedyOf } from "../trace/remedy-of.ts";
import { TraceTable } from "../trace/show-trace.ts";
import { logOptions } from "./log-options.ts";
import { choiceOptions } from "./choice-options.ts";

interface TraceOptions {
  readonly name?: string;
  readonly follow: boolean;
  readonly denied: boolean;
  readonly since?: number;
  readonly tail?: number;
  readonly json: boolean;
}

export function traceCommand(context: CliContext): Command {
  return new Command("trace")
    .summary("print what a workspace asked of the outside")
    .description(
      "Prints each request of a workspace that has ended: when, whether the gateways carried or denied it or did not reach the host, by which rule, and how much was said. No path, no header, no body. A denied request says what to add to the spec, a failed one what to check.",
    )
    .addOption(choiceOptions.name())
    .addOption(logOptions.follow())
    .option("--denied", "only what was denied", false)
    .addOption(logOptions.since())
    .addOption(logOptions.tail("requests"))
    .option("--json", "print one JSON object for each request", false)
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace trace --since 10m
  codex-workspace trace -f --denied
  codex-workspace trace --json | jq -r 'select(.decision == "denied").host' | sort | uniq -c`,
    )
    .action(async (options: TraceOptions) => {
      const record = await findWorkspace(context.state, context.cwd, options);
      const engine = await context.engine(record.engine);
      const services = await requireService(engine, record, "model-gateway");
      if (!services.includes("egress-proxy")) {
        context.output.note("network.mode is open: what does not go through the model gateway is not seen");
      }
      const logs = (follow: LogOptions["follow"]): GatewayLogs => {
        const common = { follow, tail: undefined, signal: context.signal };
        const gateways = services.filter((service) => service !== "workspace");
        return new Map(gateways.map((service) => [service, engine.logs(record, { service, ...common })]));
      };
      const { since = 0, denied, tail } = options;
      const isWanted = ({ time, decision }: TracedRequest): boolean =>
        time * 1000 >= since && !(denied && decision !== "denied");

      const known = await readTrace(logs(undefined));
      const wanted = known.filter(isWanted);
      const last = wanted.slice(Math.max(0, wanted.length - (tail ?? Infinity)));
      if (last.length === 0 && !options.follow) {
        context.output.note(denied ? "nothing was denied" : "nothing was asked");
        return;
      }
      const table = new TraceTable(last);
      const show = options.json ? toJson : (request: TracedRequest) => table.row(request);
      for (const line of [...(options.json ? [] : [table.header()]), ...last.map(show)]) {
        await context.output.part(`${line}\n`);
      }
      if (!options.follow) return;
      for await (const request of followTrace(
        logs(() => isUp(context, record)),
        known,
      )) {
        if (isWanted(request)) await context.output.part(`${show(request)}\n`);
      }
    });
}

function toJson(request: TracedRequest): string {
  return JSON.stringify({ ...request, remedy: remedyOf(request) });
}
