import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Figure } from "./figure.ts";
import { planAndRender } from "./plan-full-spec.ts";
import { statisticsOf } from "./statistics.ts";

const processes = 10;
const warmUp = 100;
const rounds = 200;
const run = promisify(execFile);
const firstCall = fileURLToPath(new URL("plan-first.ts", import.meta.url));
const budgets = [{ of: "median", most: 20 }] as const;

/** From a spec that has every input to files and container requests: once in a process, and again and again. */
export async function measurePlan(): Promise<Figure[]> {
  const first: number[] = [];
  for (let round = 0; round < processes; round++) {
    const { stdout } = await run(process.execPath, ["--conditions=codex-workspace-source", firstCall]);
    first.push(Number(stdout));
  }
  for (let round = 0; round < warmUp; round++) planAndRender();
  const later = Array.from({ length: rounds }, () => {
    const began = performance.now();
    planAndRender();
    return performance.now() - began;
  });
  return [
    { name: "plan + render of every input, first call", unit: "ms", value: statisticsOf(first), budgets },
    { name: "plan + render of every input, warmed up", unit: "ms", value: statisticsOf(later), budgets },
  ];
}
