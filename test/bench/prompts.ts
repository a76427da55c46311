import { startScriptedModel } from "@codex-workspace/scripted-model";
import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { HttpSession } from "./http-session.ts";
import type { PromptTiming } from "./prompt-stopwatch.ts";
import { RawAppServer } from "./raw-app-server.ts";
import { statisticsOf } from "./statistics.ts";

const warmUps = 5;
const rounds = 40;

/** Prompts over HTTP against prompts of a raw app-server client, in turns. */
export async function measurePrompts(): Promise<Figure[]> {
  await using model = await startScriptedModel();
  await using raw = await RawAppServer.start(model.url);
  await using workspace = await TestWorkspace.start();
  await using session = new HttpSession(workspace.url, token);
  const timings: { raw: PromptTiming; http: PromptTiming }[] = [];
  for (let round = 0; round < warmUps + rounds; round++) {
    const text = `prompt ${round}`;
    const pair = { raw: await raw.prompt(text), http: await session.prompt(text) };
    if (round >= warmUps) timings.push(pair);
  }
  const compare = (name: string, key: keyof PromptTiming): Figure => ({
    name,
    unit: "ms",
    value: statisticsOf(timings.map(({ http }) => http[key])),
    baseline: { name: "app-server", value: statisticsOf(timings.map((timing) => timing.raw[key])) },
  });
  return [
    { ...compare("prompt → first event", "firstEventMs"), budgets: [{ of: "more", most: 3 }] },
    compare("prompt → first text", "firstTextMs"),
    compare("prompt → end of the turn", "endMs"),
    {
      name: "POST prompt → acknowledged, on disk",
      unit: "ms",
      value: statisticsOf(timings.map(({ http }) => http.takenMs)),
      budgets: [
        { of: "median", most: 8 },
        { of: "p99", most: 25 },
      ],
    },
    {
      // The event's own time is in whole milliseconds: up to one of what is shown is of that.
      name: "Codex's turn/completed → subscriber",
      unit: "ms",
      value: statisticsOf(session.toldAfterMs),
      budgets: [{ of: "median", most: 2 }],
    },
  ];
}
