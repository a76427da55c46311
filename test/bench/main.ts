import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CODEX_PIN } from "@codex-workspace/core";
import { keepsBudget, ratioOf, type Result, showTable } from "./figure.ts";
import { measureHelp } from "./help.ts";
import { measureImage } from "./image.ts";
import { measurePlan } from "./plan.ts";
import { measurePrompts } from "./prompts.ts";
import { measureStart } from "./start.ts";
import { measureUp } from "./up.ts";

const { values } = parseArgs({
  options: { json: { type: "string", default: ".cache/bench.json" } },
});

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
for (const measure of [measureHelp, measurePlan, measureStart, measurePrompts, measureUp, measureImage])
  results.push(...(await measure()));

const file = resolve(values.json);
await mkdir(dirname(file), { recursive: true });
const figures = results.map((result) =>
  "reason" in result ? result : { ...result, ratio: ratioOf(result), keepsBudget: keepsBudget(result) },
);
await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
process.stdout.write(`${showTable(results)}\n\nwritten to ${file}\n`);
