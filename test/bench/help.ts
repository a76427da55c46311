import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cliProgram } from "../support/cli.ts";
import type { Figure } from "./figure.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const rounds = 20;
const run = promisify(execFile);

/** How long somebody waits who only asks what there is. */
export async function measureHelp(): Promise<Figure[]> {
  const durations: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    durations.push(await timeMs(() => run(process.execPath, [cliProgram, "--help"])));
    bare.push(await timeMs(() => run(process.execPath, ["-e", "0"])));
  }
  return [
    {
      name: "codex-workspace --help",
      unit: "ms",
      value: statisticsOf(durations),
      baseline: { name: "node -e 0", value: statisticsOf(bare) },
      budgets: [{ of: "median", most: 150 }],
    },
  ];
}
