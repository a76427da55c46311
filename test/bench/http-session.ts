import { createClient } from "@codex-workspace/client";
import { PromptStopwatch, type PromptTiming } from "./prompt-stopwatch.ts";

/** A session as a task system has it: it posts prompts and follows the events. */
export class HttpSession implements AsyncDisposable {
  readonly #session;
  readonly #leaving = new AbortController();
  readonly #following: Promise<void>;
  #stopwatch: PromptStopwatch | undefined;
  /** Of each turn, from its end in the wrapper until we were told. */
  readonly toldAfterMs: number[] = [];

  constructor(baseUrl: string, token: string) {
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
