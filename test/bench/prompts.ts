import { createClient } from "@codex-workspace/client";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { PromptStopwatch, type PromptTiming } from "./prompt-stopwatch.ts";
import { RawAppServer } from "./raw-app-server.ts";
import { statisticsOf } from "./statistics.ts";

const warmUps = 5;
const rounds = 40;

/** Prompts over HTTP against prompts of a raw app-server client, in turns. */
export async function measurePrompts(): Promise<Figure[]> {
  await using model = await startScriptedModel();
  await using raw = await RawAppServer.start(model.url);
  await using workspace = await TestWorkspace.start();
  await using session = new HttpSession(workspace.url);
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

/** A session as a task system has it: it posts prompts and follows the events. */
class HttpSession implements AsyncDisposable {
  readonly #session;
  readonly #leaving = new AbortController();
  readonly #following: Promise<void>;
  #stopwatch: PromptStopwatch | undefined;
  /** Of each turn, from its end in the wrapper until we were told. */
  readonly toldAfterMs: number[] = [];

  constructor(baseUrl: string) {
    this.#session = createClient({ baseUrl, token }).session();
    this.#following = this.#follow();
  }

  async prompt(text: string): Promise<PromptTiming> {
    const stopwatch = new PromptStopwatch();
    this.#stopwatch = stopwatch;
    await this.#session.sendPrompt({ input: text });
    stopwatch.taken();
    const lost = this.#following.then(() => Promise.reject(new Error("the event stream ended")));
    return Promise.race([stopwatch.timing(), lost]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    try {
      for await (const { type, data } of this.#session.events({ deltas: true, signal: this.#leaving.signal })) {
        if (type === "turn/completed") {
          this.toldAfterMs.push(performance.timeOrigin + performance.now() - Date.parse(data.time));
        }
        const isText = type === "item/delta" && data.field === "text";
        // What we make of the prompt ourselves is no news of it.
        if (type === "prompt/changed" || type === "session/status") continue;
        this.#stopwatch?.saw(isText ? "text" : type === "turn/completed" ? "end" : "other");
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error;
    }
  }
}
