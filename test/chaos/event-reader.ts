import { setTimeout as delay } from "node:timers/promises";
import type { WorkspaceHttp } from "../support/workspace-http.ts";
import { authorized } from "../support/workspace.ts";

export interface ReadEvent {
  readonly id: number;
  readonly type: string;
  /** JSON, as it came. */
  readonly data: string;
}

/** Reads a session's events, and comes back with Last-Event-ID whenever it is cut off. */
export class EventReader implements AsyncDisposable {
  readonly events: ReadEvent[] = [];
  readonly #workspace: WorkspaceHttp;
  readonly #path: string;
  readonly #leaving = new AbortController();
  readonly #done: Promise<void>;
  #lastId: string;

  /** @param after - the id of the event after which it begins */
  constructor(workspace: WorkspaceHttp, session: string, after: number) {
    this.#workspace = workspace;
    this.#path = `/v1/sessions/${session}/events`;
    this.#lastId = String(after);
    this.#done = this.#read();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.#done;
  }

  async #read(): Promise<void> {
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      await this.#readOn().catch(() => undefined);
      await delay(5);
    }
  }

  async #readOn(): Promise<void> {
    const headers = { ...authorized, "last-event-id": this.#lastId };
    const response = await fetch(this.#workspace.url + this.#path, { headers, signal: this.#leaving.signal });
    if (response.status !== 200 || response.body === null) return;
    let rest = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, id, type, data] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (id === undefined || type === undefined || data === undefined) continue;
        this.#lastId = id;
        this.events.push({ id: Number(id), type, data });
      }
    }
  }
}
