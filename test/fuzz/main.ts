import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { TestWorkspace } from "../support/workspace.ts";
import { fuzzBodies } from "./bodies.ts";
import { fuzzFrames } from "./frames.ts";
import type { Figures, FuzzOptions } from "./fuzz.ts";
import { startFuzzedWorkspace } from "./fuzzed-workspace.ts";
import { fuzzTargets } from "./targets.ts";

const kinds: Readonly<Record<string, (workspace: TestWorkspace, options: FuzzOptions) => Promise<Figures>>> = {
  targets: fuzzTargets,
  frames: fuzzFrames,
  bodies: fuzzBodies,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
  },
});
const names = positionals.length === 0 ? Object.keys(kinds) : positionals;
for (const name of names) {
  const run = kinds[name];
  if (run === undefined) throw new Error(`expected ${Object.keys(kinds).join(", ")}, got ${name}`);
  await using workspace = await startFuzzedWorkspace();
  const began = performance.now();
  process.stdout.write(`${name}: seed ${values.seed}\n`);
  const figures = await run(workspace, { seed: values.seed, count: Number(values.count) });
  for (const [figure, count] of Object.entries(figures)) process.stdout.write(`  ${figure}: ${count}\n`);
  process.stdout.write(`  seconds: ${Math.round((performance.now() - began) / 1000)}\n`);
}
