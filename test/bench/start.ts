import { setTimeout as delay } from "node:timers/promises";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { TestWorkspace } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { RawAppServer } from "./raw-app-server.ts";
import { statisticsOf } from "./statistics.ts";

const rounds = 20;
const pollMs = 5;

/** From the start of the process until a prompt would be taken. */
export async function measureStart(): Promise<Figure[]> {
  await using model = await startScriptedModel();
  const samples: { wrapper: number; raw: number }[] = [];
  for (let round = 0; round < rounds; round++)
    samples.push({ raw: await rawMs(model.url), wrapper: await wrapperMs() });
  return [
    {
      name: "start of the process → ready, with a thread",
      unit: "ms",
      value: statisticsOf(samples.map(({ wrapper }) => wrapper)),
      baseline: { name: "app-server", value: statisticsOf(samples.map(({ raw }) => raw)) },
      budgets: [
        { of: "median", most: 250 },
        { of: "ratio", most: 1.6 },
      ],
    },
  ];
}

async function rawMs(modelUrl: string): Promise<number> {
  const began = performance.now();
  const server = await RawAppServer.start(modelUrl);
  const tookMs = performance.now() - began;
  await server[Symbol.asyncDispose]();
  return tookMs;
}

async function wrapperMs(): Promise<number> {
  await using workspace = await TestWorkspace.create();
  const began = performance.now();
  await workspace.start();
  while (!(await isReady(workspace.url))) await delay(pollMs);
  return performance.now() - began;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
