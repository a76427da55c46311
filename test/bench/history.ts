import { join } from "node:path";
import { createClient } from "@codex-workspace/client";
import { Store } from "../../agent-wrapper/src/session/store.ts";
import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const items = 10_000;
const pageSize = 100;
const gap = 1_000;
const rounds = 20;

/** A session with 10,000 items: a page of them, and what a reader missed. A tenth of each shows that both are linear. */
export async function measureHistory(): Promise<Figure[]> {
  await using workspace = await TestWorkspace.start();
  await workspace.stop();
  const lastId = fill(join(workspace.layout.state, "wrapper.sqlite"));
  await workspace.start();
  await workspace.ready();
  const session = createClient({ baseUrl: workspace.url, token }).session();
  const readPage = (limit: number, cursor: number): Promise<number> =>
    timeMs(() => session.items({ limit, cursor: String(cursor) }));
  const catchUp = (missed: number): Promise<number> =>
    timeMs(async () => {
      for await (const { id } of session.events({ after: lastId - missed })) if (id === lastId) break;
    });
  const pages: { whole: number; tenth: number }[] = [];
  const gaps: { whole: number; tenth: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const cursor = Math.floor((round * items) / rounds);
    pages.push({ whole: await readPage(pageSize, cursor), tenth: await readPage(pageSize / 10, cursor) });
    gaps.push({ whole: await catchUp(gap), tenth: await catchUp(gap / 10) });
  }
  const figureOf = (name: string, tenth: string, samples: readonly { whole: number; tenth: number }[]): Figure => ({
    name,
    unit: "ms",
    value: statisticsOf(samples.map(({ whole }) => whole)),
    baseline: { name: tenth, value: statisticsOf(samples.map((sample) => sample.tenth)) },
    budgets: [
      { of: "median", most: 50 },
      { of: "ratio", most: 10 },
    ],
  });
  return [
    figureOf(`a page of ${pageSize}, of 10,000 items`, `of ${pageSize / 10}`, pages),
    figureOf(`reconnect after a gap of ${gap} events`, `of ${gap / 10}`, gaps),
  ];
}

/** Items and their events, as the wrapper keeps them; the id of the last event. */
function fill(file: string): number {
  const store = new Store(file, { log: (message) => console.error(message) });
  for (let index = 0; index < items; index++) {
    const turnId = `turn-${Math.floor(index / 10)}`;
    const item = { type: "agentMessage", id: `bench-${index}`, text: "Some words of an answer. ".repeat(10) };
    store.items.save("main", turnId, item);
    store.events.append("main", "item/completed", { turnId, item });
  }
  const { lastId } = store.events;
  store.close();
  return lastId;
}
