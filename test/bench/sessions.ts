import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@codex-workspace/client";
import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { memoryOf } from "./memory.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const sessions = 20;
const turnsTogether = 5;
const turns = 1_000;
/** Until nothing of the start or of a turn is under way any more. */
const settleMs = 2_000;

/** Memory of the wrapper at rest and after many turns; and 20 sessions, each with a turn: who waits, what Codex takes. */
export async function measureSessions(): Promise<Figure[]> {
  await using workspace = await TestWorkspace.start();
  const client = createClient({ baseUrl: workspace.url, token });
  await delay(settleMs);
  const idle = await memoryOf(workspace.pid);
  const names = Array.from({ length: sessions }, (_, index) => `bench-${index}`);
  for (const name of names) await client.createSession({ name });

  const fairness: number[] = [];
  for (let round = 0; round < turnsTogether; round++) {
    const input = "#model: stream 50 chunks every 10ms";
    const durations = await Promise.all(names.map((name) => timeMs(() => client.session(name).runPrompt({ input }))));
    fairness.push(Math.max(...durations) / Math.min(...durations));
  }
  const busy = await memoryOf(workspace.pid);
  const rest = turns / sessions - turnsTogether;
  await Promise.all(
    names.map(async (name) => {
      for (let turn = 0; turn < rest; turn++) await client.session(name).runPrompt({ input: `prompt ${turn}` });
    }),
  );
  await delay(settleMs);
  const after = await memoryOf(workspace.pid);
  return [
    memoryFigure("memory of the wrapper at rest", idle.own, 75),
    memoryFigure(`memory of the wrapper after ${turns} turns`, after.own, 100),
    {
      name: `${sessions} sessions, a turn in each: slowest ÷ fastest`,
      unit: "×",
      value: statisticsOf(fairness),
      budgets: [{ of: "median", most: 2 }],
    },
    memoryFigure("memory of Codex, one session", idle.below),
    memoryFigure(`memory of Codex, ${sessions} sessions more`, busy.below),
  ];
}

function memoryFigure(name: string, megabytes: number, most?: number): Figure {
  const value = statisticsOf([megabytes]);
  return { name, unit: "MB", value, ...(most !== undefined && { budgets: [{ of: "median", most }] }) };
}
