import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

export interface Rounds {
  /** Decides what is done; the same one does the same, at moments that the machine decides. */
  readonly seed: string;
  readonly rounds: number;
  /** The number of the first round. @default 1 */
  readonly first?: number;
  readonly onRound?: (number: number) => void;
}

/** Runs rounds as the command line says: `--rounds N`, `--seed SEED`, and `--first N` to begin where another run failed. */
export async function runRounds(
  run: (rounds: Rounds) => Promise<void>,
  { rounds: usual, tellEvery }: { readonly rounds: number; readonly tellEvery: number },
): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: String(usual) },
      seed: { type: "string", default: randomBytes(4).toString("hex") },
      first: { type: "string", default: "1" },
    },
  });
  const { seed } = values;
  const rounds = Number(values.rounds);
  const began = performance.now();
  process.stdout.write(`seed ${seed}, ${rounds} rounds\n`);
  await run({
    seed,
    rounds,
    first: Number(values.first),
    onRound(number) {
      if (number % tellEvery !== 0) return;
      process.stdout.write(`round ${number}, ${Math.round((performance.now() - began) / 1000)} s\n`);
    },
  });
  process.stdout.write(`${rounds} rounds: every promise was kept\n`);
}
