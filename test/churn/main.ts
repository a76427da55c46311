import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { runChurn } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    /** The first round's number, to begin where another run failed. */
    first: { type: "string", default: "1" },
  },
});
const { seed } = values;
const rounds = Number(values.rounds);
const began = performance.now();
process.stdout.write(`seed ${seed}, ${rounds} rounds\n`);
await runChurn({
  seed,
  rounds,
  first: Number(values.first),
  onRound: (number) => process.stdout.write(`round ${number}, ${Math.round((performance.now() - began) / 1000)} s\n`),
});
process.stdout.write(`${rounds} rounds: every promise was kept\n`);
