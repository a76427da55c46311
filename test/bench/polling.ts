import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { loadOf } from "./load.ts";
import { startServer } from "./server-process.ts";
import { statisticsOf } from "./statistics.ts";

const connections = 32;
const rounds = 9;
const roundMs = 1_000;

/** GET /status on 32 connections, in turns with a node:http server that says the same and asks nobody who they are. */
export async function measurePolling(): Promise<Figure[]> {
  await using workspace = await TestWorkspace.start();
  const request = `GET /status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const body = await (await fetch(`${workspace.url}/status`, { headers: { authorization: `Bearer ${token}` } })).text();
  await using bare = await startServer("bare-server.ts", [body]);
  const samples: { ours: number; bare: number }[] = [];
  const latenciesMs: number[] = [];
  const bareLatenciesMs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const theirs = await loadOf(bare.port, request, connections, roundMs);
    const ours = await loadOf(workspace.layout.listen.port, request, connections, roundMs);
    // The first round warms both up.
    if (round === 0) continue;
    samples.push({ ours: ours.perSecond, bare: theirs.perSecond });
    latenciesMs.push(...ours.latenciesMs);
    bareLatenciesMs.push(...theirs.latenciesMs);
  }
  return [
    {
      name: `GET /status, ${connections} connections`,
      unit: "/s",
      value: statisticsOf(samples.map(({ ours }) => ours)),
      baseline: { name: "node:http", value: statisticsOf(samples.map((sample) => sample.bare)) },
      budgets: [{ of: "ratio", least: 0.6 }],
    },
    {
      name: `GET /status, ${connections} connections: until answered`,
      unit: "ms",
      value: statisticsOf(latenciesMs),
      baseline: { name: "node:http", value: statisticsOf(bareLatenciesMs) },
      budgets: [{ of: "p99", most: 2 }],
    },
  ];
}
