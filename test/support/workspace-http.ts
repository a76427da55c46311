import { setTimeout as delay } from "node:timers/promises";

/** What a test asks of a wrapper and what the wrapper said. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A wrapper that runs somewhere, as a client sees it. */
export class WorkspaceHttp {
  readonly url: string;
  readonly #authorized: Record<string, string>;
  readonly #leaving = new AbortController();

  constructor(url: string, token: string) {
    this.url = url;
    this.#authorized = { authorization: `Bearer ${token}` };
  }

  async ready(): Promise<void> {
    await until(async () => {
      const answer = await this.get("/readyz", {}).catch(() => undefined);
      if (answer?.body["state"] === "failed") throw new Error(String(answer.body["reason"]));
      return answer?.status === 200;
    }, "the wrapper to be ready");
  }

  /** Waits until the wrapper has given up; why. */
  async failed(): Promise<string> {
    let reason = "";
    await until(async () => {
      const answer = await this.get("/readyz", {}).catch(() => undefined);
      reason = String(answer?.body["reason"]);
      return answer?.body["state"] === "failed";
    }, "the wrapper to give up");
    return reason;
  }

  async get(path: string, headers: Record<string, string> = this.#authorized): Promise<Answer> {
    return toAnswer(await fetch(this.url + path, { headers }));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = this.#authorized): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const json = { "content-type": "application/json", ...headers };
    return toAnswer(await fetch(this.url + path, { method: "POST", headers: json, body: text }));
  }

  async delete(path: string): Promise<Answer> {
    return toAnswer(await fetch(this.url + path, { method: "DELETE", headers: this.#authorized }));
  }

  /** Sends a prompt into a session's queue; the answer's body. */
  async enqueue(input: unknown, rest: object = {}, session = "main"): Promise<Record<string, unknown>> {
    const { status, body } = await this.post(`/v1/sessions/${session}/prompts`, { input, ...rest });
    if (status !== 202) throw new Error(JSON.stringify(body));
    return body;
  }

  /** A prompt that has ended. */
  async ended(id: unknown, session = "main"): Promise<Record<string, unknown>> {
    const { status, body } = await this.get(`/v1/sessions/${session}/prompts/${String(id)}?wait=30`);
    if (status !== 200 || body["endedAt"] === undefined) throw new Error(JSON.stringify(body));
    return body;
  }

  async upload(name: string, content: string): Promise<Answer> {
    const body = new FormData();
    body.append("file", new File([content], name));
    return toAnswer(await fetch(`${this.url}/upload`, { method: "POST", headers: this.#authorized, body }));
  }

  async prompt(content: string): Promise<Answer> {
    return this.post("/message", { type: "user", content });
  }

  /** Sends a prompt and waits for the end of its turn; the agent's message. */
  async ask(content: string): Promise<string> {
    const answer = await this.prompt(content);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    await this.stable();
    return (await this.messages()).at(-1)?.content ?? "";
  }

  async stable(): Promise<void> {
    await until(async () => (await this.get("/status")).body["status"] === "stable", "the status to be stable");
  }

  async messages(): Promise<{ id: number; role: string; content: string; time: string }[]> {
    return (await this.get("/messages")).body["messages"] as {
      id: number;
      role: string;
      content: string;
      time: string;
    }[];
  }

  /** The screen of the terminal as AgentAPI's `attach` is told of it, followed until the end. */
  async followScreen(): Promise<() => string> {
    const response = await fetch(`${this.url}/internal/screen`, {
      headers: this.#authorized,
      signal: this.#leaving.signal,
    });
    let screen = "";
    void (async () => {
      for await (const { data } of serverSentEvents(response)) screen = String(data["screen"]);
    })().catch(() => undefined);
    return () => screen;
  }

  /** Types a text into the terminal, and Enter once the screen shows it: keys that come all at once are a paste. */
  async typePrompt(text: string, screen: () => string): Promise<void> {
    await this.post("/message", { type: "raw", content: text });
    await until(() => screen().includes(text), "the typed words on the screen");
    await delay(300);
    await this.post("/message", { type: "raw", content: "\r" });
  }

  /** Types a key into the terminal until it has its effect: a dialog that has just been drawn may not read keys yet. */
  async typeUntil(key: string, isDone: () => Promise<boolean>, what: string): Promise<void> {
    await until(async () => {
      await this.post("/message", { type: "raw", content: key });
      await delay(500);
      return isDone();
    }, what);
  }

  async status(): Promise<Record<string, unknown>> {
    return (await this.get("/v1/status")).body;
  }

  /** Ends what is followed in the background. */
  leave(): void {
    this.#leaving.abort();
  }
}

/** Waits until something is so; fails with what it was waiting for. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, deadlineMs = 30_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await delay(20);
  }
}

/** The events of a stream as they come; comments are left out. */
export async function* serverSentEvents(
  response: Response,
): AsyncGenerator<{ event: string; data: Record<string, unknown> }> {
  if (response.body === null) throw new Error("the answer has no body");
  let rest = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, event = "", data = ""] = /^(?:id: \d+\n)?event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== "") yield { event, data: JSON.parse(data) as Record<string, unknown> };
    }
  }
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, headers: response.headers, body };
}
