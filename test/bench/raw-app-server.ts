import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type CodexFolders, codexBinary, createCodexFolders } from "../support/codex.ts";
import { PromptStopwatch, type PromptTiming } from "./prompt-stopwatch.ts";

interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly threadId?: string };
  readonly result?: { readonly thread?: { readonly id: string } };
  readonly error?: { readonly message: string };
}

/**
 * The baseline: Codex's app-server as the wrapper starts it, and the least that a client of it can be. Nothing is
 * validated, stored, or served.
 */
export class RawAppServer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #folders: CodexFolders;
  readonly #answers = new Map<number, (frame: Frame) => void>();
  #stopwatch: PromptStopwatch | undefined;
  #threadId = "";
  #lastId = 0;

  private constructor(process: ChildProcess, socket: WebSocket, folders: CodexFolders) {
    this.#process = process;
    this.#socket = socket;
    this.#folders = folders;
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data as string) as Frame));
  }

  /** Started, connected, and with a thread that takes prompts. */
  static async start(modelUrl: string): Promise<RawAppServer> {
    const folders = await createCodexFolders(modelUrl);
    const token = randomBytes(32).toString("base64url");
    const hash = createHash("sha256").update(token).digest("hex");
    const listen = ["--listen", "ws://127.0.0.1:0", "--ws-auth", "capability-token", "--ws-token-sha256", hash];
    const child = spawn(codexBinary(), ["app-server", ...listen], {
      cwd: folders.project,
      env: folders.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const socket = new WebSocket(await listeningUrl(child), { headers: { authorization: `Bearer ${token}` } });
    await once(socket, "open");
    const server = new RawAppServer(child, socket, folders);
    await server.#openThread();
    return server;
  }

  async prompt(text: string): Promise<PromptTiming> {
    const stopwatch = new PromptStopwatch();
    this.#stopwatch = stopwatch;
    await this.#request("turn/start", { threadId: this.#threadId, input: [{ type: "text", text, text_elements: [] }] });
    stopwatch.taken();
    return stopwatch.timing();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exited;
    await this.#folders[Symbol.asyncDispose]();
  }

  async #openThread(): Promise<void> {
    await this.#request("initialize", {
      clientInfo: { name: "bench", title: "bench", version: "0" },
      capabilities: { experimentalApi: true },
    });
    this.#send({ method: "initialized" });
    const { result } = await this.#request("thread/start", {
      cwd: this.#folders.project,
      sandbox: "workspace-write",
      approvalPolicy: "on-request",
    });
    this.#threadId = result?.thread?.id ?? "";
    await this.#request("thread/name/set", { threadId: this.#threadId, name: "bench" });
  }

  async #request(method: string, params: unknown): Promise<Frame> {
    const id = ++this.#lastId;
    const answer = new Promise<Frame>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    const frame = await answer;
    if (frame.error !== undefined) throw new Error(`${method}: ${frame.error.message}`);
    return frame;
  }

  #send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: Frame): void {
    const { id, method, params } = frame;
    if (method === undefined) this.#answers.get(id ?? 0)?.(frame);
    else if (params?.threadId === this.#threadId) this.#stopwatch?.saw(kinds[method] ?? "other");
  }
}

const kinds: Readonly<Record<string, "text" | "end">> = {
  "item/agentMessage/delta": "text",
  "turn/completed": "end",
};

async function listeningUrl(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("app-server has no standard error");
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /listening on: (ws:\/\/\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return url;
  }
  throw new Error("app-server ended before it listened");
}
