import { createClient } from "@codex-workspace/client";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { TestWorkspace, token } from "../support/workspace.ts";
import type { Figure } from "./figure.ts";
import { pssOf } from "./memory.ts";
import { PromptStopwatch, type PromptTiming } from "./prompt-stopwatch.ts";
import { RawAppServer } from "./raw-app-server.ts";
import { statisticsOf } from "./statistics.ts";

const warmUps = 5;
const rounds = 40;

/** Prompts over HTTP against prompts of a raw app-server client, in turns; and what both hold in memory afterwards. */
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
  const memory = await pssOf(workspace.pid);
  const rawMemory = statisticsOf([(await pssOf(raw.pid)).total]);
  return [
    { ...compare("prompt over HTTP → first event", "firstEventMs"), budget: { most: 1.5, of: "ratio" } },
    compare("prompt over HTTP → taken", "takenMs"),
    compare("prompt over HTTP → first text", "firstTextMs"),
    compare("prompt over HTTP → end of the turn", "endMs"),
    {
      name: "memory at rest, wrapper and app-server",
      unit: "MB",
      value: statisticsOf([memory.total]),
      baseline: { name: "app-server", value: rawMemory },
    },
    { name: "memory at rest, wrapper alone", unit: "MB", value: statisticsOf([memory.own]) },
  ];
}

/** A session as a task system has it: it posts prompts and follows the event stream. */
class HttpSession implements AsyncDisposable {
  readonly #client;
  readonly #leaving = new AbortController();
  readonly #following: Promise<void>;
  #stopwatch: PromptStopwatch | undefined;

  constructor(baseUrl: string) {
    this.#client = createClient({ baseUrl, token });
    this.#following = this.#follow();
  }

  async prompt(text: string): Promise<PromptTiming> {
    const stopwatch = new PromptStopwatch();
    this.#stopwatch = stopwatch;
    await this.#client.sendMessage(text);
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
      for await (const { type, data } of this.#client.events({ signal: this.#leaving.signal })) {
        const isText = type === "message_update" && data.role === "agent" && data.message !== "";
        const isEnd = type === "status_change" && data.status === "stable";
        this.#stopwatch?.saw(isText ? "text" : isEnd ? "end" : "other");
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error;
    }
  }
}
