import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { WebSocket } from "ws";
import * as z from "zod";
import type { AppServerAddress } from "./app-server.ts";
import {
  type Notification,
  type NotificationMethod,
  notificationSchemas,
  type RequestId,
  type RequestMethod,
  type Result,
  resultSchemas,
  type ServerRequest,
} from "./protocol.ts";

/** An answer of app-server that refuses a request. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly method: string;
  readonly code: number;

  constructor(method: string, code: number, message: string) {
    super(`${method}: ${message}`);
    this.method = method;
    this.code = code;
  }
}

/** The connection ended before an answer came. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
  /** Then it is not known whether the request was carried out. */
  readonly wasSent: boolean;

  constructor(message: string, { wasSent }: { readonly wasSent: boolean }) {
    super(message);
    this.wasSent = wasSent;
  }
}

const frameSchema = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

export interface RpcListeners {
  readonly onNotification: (notification: Notification) => void;
  readonly onRequest: (request: ServerRequest) => void;
  /** Something of app-server's that we cannot read; it is left out. */
  readonly onUnreadable: (what: string, error: unknown) => void;
}

interface Pending {
  readonly method: RequestMethod;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One client of app-server: JSON-RPC in text frames of a WebSocket. Requests that app-server makes (approvals) are answered
 * with what somebody decided or not at all: an error would reject them in the name of the person who sees them in the
 * terminal.
 */
export class RpcConnection {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners: RpcListeners;
  #lastId = 0;
  /** Settles, without an error, when the connection is gone. */
  readonly closed: Promise<void>;

  private constructor(socket: WebSocket, listeners: RpcListeners) {
    this.#socket = socket;
    this.#listeners = listeners;
    socket.on("message", (data) => this.#receive((data as Buffer).toString("utf8")));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const { method, reject } of this.#pending.values()) {
          reject(new ConnectionLostError(`app-server went away before it answered ${method}`, { wasSent: true }));
        }
        this.#pending.clear();
        resolve();
      });
    });
  }

  /**
   * Connects, authenticates with the capability token and initializes. Rejects when `signal` is aborted meanwhile, whatever
   * the other side does.
   */
  static async open(
    { url, token }: AppServerAddress,
    clientVersion: string,
    listeners: RpcListeners,
    signal: AbortSignal,
  ): Promise<RpcConnection> {
    signal.throwIfAborted();
    // Whole answers of long threads pass through one frame: the limit is app-server's, not ours.
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, maxPayload: 0 });
    const giveUp = (): void => socket.terminate();
    signal.addEventListener("abort", giveUp, { once: true });
    await once(socket, "open");
    socket.on("error", () => socket.terminate());
    const connection = new RpcConnection(socket, listeners);
    await connection.request("initialize", {
      clientInfo: { name: "codex_workspace", title: "codex-workspace", version: clientVersion },
      capabilities: { experimentalApi: true },
    });
    // The end of app-server may be known already, and not yet told: then another process has taken the port and answered.
    await setImmediate();
    signal.throwIfAborted();
    signal.removeEventListener("abort", giveUp);
    connection.#send({ method: "initialized" });
    return connection;
  }

  /** Whether a request can still be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** @throws RpcError when app-server refuses, ConnectionLostError when it went away. */
  async request<M extends RequestMethod>(method: M, params: unknown): Promise<Result<M>> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (!this.isOpen) {
        reject(new ConnectionLostError(`app-server is gone: ${method} was not sent`, { wasSent: false }));
        return;
      }
      this.#pending.set(id, { method, resolve, reject });
      this.#send({ id, method, params });
    });
    return resultSchemas[method].parse(await answer) as Result<M>;
  }

  /** Answers a request that app-server made. */
  answer(id: RequestId, result: unknown): void {
    this.#send({ id, result });
  }

  close(): void {
    this.#socket.close();
  }

  #send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #receive(text: string): void {
    const { data: frame, error } = frameSchema.safeParse(parseJson(text));
    if (frame === undefined) {
      this.#listeners.onUnreadable("frame", error);
      return;
    }
    if (frame.method !== undefined) {
      const { id, method, params } = frame;
      if (id === undefined) this.#notify(method, params);
      else this.#listeners.onRequest({ id, method, params });
      return;
    }
    const pending = this.#pending.get(Number(frame.id));
    if (pending === undefined) return;
    this.#pending.delete(Number(frame.id));
    if (frame.error === undefined) pending.resolve(frame.result);
    else pending.reject(new RpcError(pending.method, frame.error.code, frame.error.message));
  }

  #notify(method: string, params: unknown): void {
    if (!isNotificationMethod(method)) return;
    const { data, error } = notificationSchemas[method].safeParse(params);
    if (data === undefined) this.#listeners.onUnreadable(method, error);
    else this.#listeners.onNotification({ method, params: data } as Notification);
  }
}

function isNotificationMethod(method: string): method is NotificationMethod {
  return Object.hasOwn(notificationSchemas, method);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
