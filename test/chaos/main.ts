import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    /** The first round's number, to begin where another run failed. */
    first: { type: "string", default: "1" },
  },
});
const { seed } = values;
const rounds = Number(values.rounds);
const began = performance.now();
process.stdout.write(`seed ${seed}, ${rounds} rounds\n`);
await runCampaign({
  seed,
  rounds,
  first: Number(values.first),
  onRound: (number) => {
    if (number % 10 === 0)
      process.stdout.write(`round ${number}, ${Math.round((performance.now() - began) / 1000)} s\n`);
  },
});
process.stdout.write(`${rounds} rounds: every promise was kept\n`);
