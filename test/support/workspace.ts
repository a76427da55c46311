import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  environmentNames,
  type Layout,
  parseSpec,
  planWorkspace,
  renderFiles,
  Secret,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { type RunningScriptedModel, startScriptedModel, type ScriptedModelOptions } from "@codex-workspace/scripted-model";
import { codexBinary } from "./codex.ts";

const wrapperProgram = fileURLToPath(new URL("../../agent-wrapper/dist/program/agent-wrapper.mjs", import.meta.url));

export const token = "test-token-0123456789";

export interface WorkspaceOptions {
  readonly model?: ScriptedModelOptions;
  /** @default - the pinned Codex */
  readonly codexProgram?: string;
}

/** What a test asks of a wrapper and what the wrapper said. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/**
 * A real wrapper with a real Codex, as processes of one user; only the model is scripted. It is made stopped, so that a
 * test can prepare its directory.
 */
export class TestWorkspace implements AsyncDisposable {
  readonly directory: string;
  readonly layout: Layout;
  readonly model: RunningScriptedModel;
  /** Lines of the wrapper's log. */
  readonly log: Record<string, unknown>[] = [];
  readonly #leaving = new AbortController();
  #process: ChildProcess | undefined;

  private constructor(directory: string, layout: Layout, model: RunningScriptedModel) {
    this.directory = directory;
    this.layout = layout;
    this.model = model;
  }

  static async create({ model, codexProgram = codexBinary() }: WorkspaceOptions = {}): Promise<TestWorkspace> {
    // Not below /tmp, which Codex's sandbox lets commands write to.
    const directory = await mkdtemp("/var/tmp/codex-workspace-");
    const layout: Layout = {
      users: "single",
      workdir: join(directory, "project"),
      codexHome: join(directory, "codex"),
      terminalHome: join(directory, "terminal"),
      state: join(directory, "state"),
      codexProgram,
      listen: { host: "127.0.0.1", port: await freePort() },
    };
    return new TestWorkspace(directory, layout, await startScriptedModel(model));
  }

  /** Created and started with a spec, and ready. */
  static async start(spec: WorkspaceSpec = {}, options: WorkspaceOptions = {}): Promise<TestWorkspace> {
    const workspace = await TestWorkspace.create(options);
    try {
      await workspace.start(spec);
      await workspace.ready();
      return workspace;
    } catch (error) {
      await workspace[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.layout.listen.port}`;
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error("the wrapper does not run");
    return this.#process.pid;
  }

  /** Provisions the directory for a spec and starts the wrapper; does not wait until it is ready. */
  async start(spec: WorkspaceSpec = {}): Promise<void> {
    const plan = planWorkspace(parseSpec({ workdir: this.layout.workdir, ...spec }), {
      name: "test",
      resolveSecret: ({ ...reference }) => {
        throw new Error(`no secret expected: ${JSON.stringify(reference)}`);
      },
      generatedToken: new Secret(token),
      ...(spec.modelProvider === undefined && { demoModelUrl: this.model.url }),
    });
    const config = join(this.directory, "config");
    for (const file of renderFiles(plan, this.layout).files) {
      const path = join(config, file.path);
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true });
      const { content } = file;
      await writeFile(path, typeof content === "string" ? content : content.reveal(), { mode: file.mode });
    }
    // Codex makes no sandbox helper when its home lies below the temporary directory, and then no command can run.
    const temporary = join(this.directory, "tmp");
    await mkdir(temporary, { recursive: true });
    const child = spawn(process.execPath, [wrapperProgram], {
      env: {
        PATH: process.env["PATH"],
        HOME: this.directory,
        TMPDIR: temporary,
        [environmentNames.config]: config,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.log.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  async ready(): Promise<void> {
    await until(async () => {
      const answer = await this.get("/readyz", {}).catch(() => undefined);
      if (answer?.body["state"] === "failed") throw new Error(String(answer.body["reason"]));
      return answer?.status === 200;
    }, "the wrapper to be ready");
  }

  async get(path: string, headers: Record<string, string> = authorized): Promise<Answer> {
    return toAnswer(await fetch(this.url + path, { headers }));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = authorized): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const json = { "content-type": "application/json", ...headers };
    return toAnswer(await fetch(this.url + path, { method: "POST", headers: json, body: text }));
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
    const response = await fetch(`${this.url}/internal/screen`, { headers: authorized, signal: this.#leaving.signal });
    let screen = "";
    void (async () => {
      for await (const { data } of serverSentEvents(response)) screen = String(data["screen"]);
    })().catch(() => undefined);
    return () => screen;
  }

  async status(): Promise<Record<string, unknown>> {
    return (await this.get("/v1/status")).body;
  }

  /** Ends the wrapper as an orchestrator would: how, and after how many milliseconds. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<{ code: number | null; ms: number }> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return { code: null, ms: 0 };
    const began = performance.now();
    const exited = once(child, "exit") as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await exited;
    return { code, ms: performance.now() - began };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.stop();
    await this.model[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

export const authorized = { authorization: `Bearer ${token}` };

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
      const [, event = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
