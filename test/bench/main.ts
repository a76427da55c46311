import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CODEX_PIN } from "@codex-workspace/core";
import { keepsBudget, ratioOf, type Result, showTable } from "./figure.ts";
import { measureGateway } from "./gateway.ts";
import { measureHelp } from "./help.ts";
import { measureHistory } from "./history.ts";
import { measureImage } from "./image.ts";
import { measurePlan } from "./plan.ts";
import { measurePolling } from "./polling.ts";
import { measurePrompts } from "./prompts.ts";
import { measurePulumi } from "./pulumi.ts";
import { measureSessions } from "./sessions.ts";
import { measureStart } from "./start.ts";
import { measureSubscribers } from "./subscribers.ts";
import { measureSynth } from "./synth.ts";
import { measureUp } from "./up.ts";

const measures: Readonly<Record<string, () => Promise<readonly Result[]>>> = {
  help: measureHelp,
  plan: measurePlan,
  start: measureStart,
  prompts: measurePrompts,
  polling: measurePolling,
  subscribers: measureSubscribers,
  history: measureHistory,
  sessions: measureSessions,
  up: measureUp,
  image: measureImage,
  gateway: measureGateway,
  pulumi: measurePulumi,
  synth: measureSynth,
};

const { values, positionals } = parseArgs({
  options: { json: { type: "string", default: ".cache/bench.json" }, help: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in measures));
if (values.help || unknown.length > 0) {
  for (const name of unknown) console.error(`there is no measure "${name}"`);
  console.log(
    `scripts/bench [--json FILE] [MEASURE...]\n\nMeasures, all where none is named: ${Object.keys(measures).join(", ")}`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}

const machine = {
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  load: loadavg()[0],
  node: process.versions.node,
  codex: CODEX_PIN,
};
process.stderr.write(`measuring, for some minutes: ${JSON.stringify(machine)}\n`);

const results: Result[] = [];
for (const [name, measure] of Object.entries(measures)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  try {
    results.push(...(await measure()));
  } catch (error) {
    // The figures of the other measures stay.
    process.stderr.write(
      `${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    results.push({ name, reason: `failed: ${String(error).split("\n")[0] ?? ""}` });
  }
}

const file = resolve(values.json);
await mkdir(dirname(file), { recursive: true });
const figures = results.map((result) =>
  "reason" in result ? result : { ...result, ratio: ratioOf(result), keepsBudget: keepsBudget(result) },
);
await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
process.stdout.write(`${showTable(results)}\n\nwritten to ${file}\n`);
