import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type AppServer, type AppServerAddress, type AppServerOptions, startAppServer } from "../codex/app-server.ts";
import type { Notification, ServerRequest } from "../codex/protocol.ts";
import { RpcConnection, type RpcListeners } from "../codex/rpc-connection.ts";

interface CodexHostEvents {
  /** app-server runs and we are its client: threads have to be started or resumed. */
  ready: [RpcConnection];
  /** It went away; `ready` follows, or `failed`. */
  lost: [string];
  /** Given up, with the reason. */
  failed: [string];
  notification: [Notification];
  /** Codex asks something, and wants the answer on that connection. */
  request: [ServerRequest, RpcConnection];
  /** Something that this release cannot read, as a newer Codex may send. */
  unreadable: [what: string, error: unknown];
}

/** Five failures within a minute mean that a sixth start would fail too. */
const failuresAllowed = 5;
const failureWindowMs = 60_000;
const firstDelayMs = 100;

/** Keeps one app-server running: starts it, connects to it, starts it again when it dies. */
export class CodexHost extends EventEmitter<CodexHostEvents> {
  readonly #options: AppServerOptions;
  readonly #clientVersion: string;
  readonly #stopping = new AbortController();
  #server: AppServer | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: AppServerOptions, clientVersion: string) {
    super();
    this.#options = options;
    this.#clientVersion = clientVersion;
  }

  /** Where a terminal connects to, while app-server runs. */
  get address(): AppServerAddress | undefined {
    return this.#server?.address;
  }

  start(): void {
    this.#running = this.#keepRunning();
  }

  /** Ends app-server and what it started; nothing is restarted any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop(graceMs);
    await this.#running;
  }

  async #keepRunning(): Promise<void> {
    let failures: number[] = [];
    for (;;) {
      const how = await this.#runOnce();
      if (this.#isStopping()) return;
      this.emit("lost", how);
      const now = performance.now();
      failures = [...failures.filter((at) => now - at < failureWindowMs), now];
      if (failures.length >= failuresAllowed) {
        this.emit("failed", `Codex failed ${failures.length} times within a minute; at last app-server ${how}`);
        return;
      }
      const pauseMs = firstDelayMs * 2 ** (failures.length - 1);
      await delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#isStopping()) return;
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** One life of app-server, and how it ended. */
  async #runOnce(): Promise<string> {
    try {
      const server = await startAppServer(this.#options, this.#stopping.signal);
      this.#server = server;
      const gone = new AbortController();
      void server.exited.then((how) => gone.abort(new Error(`app-server ${how}`)));
      const listeners: RpcListeners = {
        onNotification: (notification) => this.emit("notification", notification),
        onRequest: (request) => this.emit("request", request, connection),
        onUnreadable: (what, error) => this.emit("unreadable", what, error),
      };
      const connection = await RpcConnection.open(server.address, this.#clientVersion, listeners, gone.signal);
      this.emit("ready", connection);
      return await Promise.race([server.exited, connection.closed]);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await this.#server?.stop(0);
      this.#server = undefined;
    }
  }
}
