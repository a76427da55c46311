import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./figure.ts";
import { startServer } from "./server-process.ts";
import { statisticsOf } from "./statistics.ts";

const readers = 100;
const events = 400;
const rounds = 5;

/** Pieces of items to 100 readers through the wrapper's event log, in turns with a loop that writes the same bytes. */
export async function measureSubscribers(): Promise<Figure[]> {
  const samples: { feed: number; loop: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    samples.push({ loop: await deliveriesPerSecond("loop"), feed: await deliveriesPerSecond("feed") });
  }
  return [
    {
      name: `${readers} subscribers: deliveries`,
      unit: "/s",
      value: statisticsOf(samples.map(({ feed }) => feed)),
      baseline: { name: "a loop of writes", value: statisticsOf(samples.map(({ loop }) => loop)) },
      budgets: [{ of: "ratio", least: 0.8 }],
    },
  ];
}

async function deliveriesPerSecond(kind: "feed" | "loop"): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-bench-"));
  try {
    await using server = await startServer("event-server.ts", [
      ...[kind, String(readers), String(events)],
      join(directory, "events.sqlite"),
    ]);
    const took = await Promise.all(Array.from({ length: readers }, () => readAll(server.port)));
    const [first, last] = [Math.min(...took.map(({ began }) => began)), Math.max(...took.map(({ ended }) => ended))];
    return (readers * events * 1000) / (last - first);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** When the first event came to a reader, and when the last. */
function readAll(port: number): Promise<{ readonly began: number; readonly ended: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    let began = 0;
    let seen = 0;
    socket.on("error", reject).on("close", () => reject(new Error("the stream ended")));
    socket.on("data", (bytes) => {
      // One byte of each event, which no packet can cut in two.
      for (let at = bytes.indexOf("{"); at >= 0; at = bytes.indexOf("{", at + 1)) seen++;
      if (seen > 0 && began === 0) began = performance.now();
      if (seen < events) return;
      resolve({ began, ended: performance.now() });
      socket.removeAllListeners("close").destroy();
    });
  });
}
