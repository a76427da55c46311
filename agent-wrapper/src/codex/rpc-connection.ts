import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { WebSocket } from "ws";
import * as z from "zod";
import type { AppServerAddress } from "./app-server.ts";
import { encodeFrame, UnreadableFrame } from "./encode-frame.ts";
import {
  type Notification,
  type NotificationMethod,
  notificationSchemas,
  type Params,
  type RequestId,
  type RequestMethod,
  type Result,
  resultSchemas,
  type ServerRequest,
} from "./protocol.ts";
import { probeDeadlineMs, requestDeadlineMs, startDeadline } from "./rpc-deadlines.ts";

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

/**
 * A healthy app-server did not answer a request within its deadline, and perhaps never will. Whether the request was
 * carried out is not known.
 */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";

  constructor(method: RequestMethod) {
    super(`app-server did not answer ${method} within ${requestDeadlineMs[method] / 1000} s`);
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
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancelDeadline: () => void;
}

interface Deadline {
  readonly deadlineMs: number;
  readonly onLate: (id: number) => void;
}

/** A large message is sent in pieces: app-server rejects a frame of more than 16 MiB (observed on 0.171). */
const pieceBytes = 8 * 1024 ** 2;
/** The error of JSON-RPC for a request that cannot be read. */
const unreadableCode = -32700;

/**
 * One client of app-server: JSON-RPC in text frames of a WebSocket. Every request has a deadline. A connection whose
 * app-server answers nothing is closed. Requests that app-server makes (approvals) are answered with a decision or not at
 * all: an error would reject them in the name of the person who sees them in the terminal.
 */
export class RpcConnection {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending & { readonly method: RequestMethod }>();
  readonly #listeners: RpcListeners;
  #lastId = 0;
  #probe: Promise<boolean> | undefined;
  #isSilent = false;
  /** Settles, without an error, when the connection is gone: what app-server did. */
  readonly closed: Promise<string>;

  private constructor(socket: WebSocket, listeners: RpcListeners) {
    this.#socket = socket;
    this.#listeners = listeners;
    socket.on("message", (data) => this.#receive((data as Buffer).toString("utf8")));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const { method, reject, cancelDeadline } of this.#pending.values()) {
          cancelDeadline();
          reject(new ConnectionLostError(`app-server went away before it answered ${method}`, { wasSent: true }));
        }
        this.#pending.clear();
        resolve(this.#isSilent ? "answered nothing any more" : "closed the connection");
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
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      // Whole answers of long threads pass through one frame: the limit is app-server's, not ours.
      maxPayload: 0,
      handshakeTimeout: requestDeadlineMs.initialize,
    });
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
    connection.#send(encodeFrame({ method: "initialized" }));
    return connection;
  }

  /** Whether a request can still be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Settles with the answer, within the method's deadline and that of a probe.
   *
   * @throws RpcError when app-server refuses or could not read it, ConnectionLostError when app-server went away or
   * answers nothing any more, NoAnswerError when it answers everything else
   */
  async request<M extends RequestMethod>(method: M, params: Params<M>): Promise<Result<M>> {
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#ask(method, params, {
        resolve,
        reject,
        deadlineMs: requestDeadlineMs[method],
        onLate: (id) => void this.#late(id),
      });
    });
    return resultSchemas[method].parse(await answer) as Result<M>;
  }

  /** Answers a request that app-server made. */
  answer(id: RequestId, result: unknown): void {
    this.#send(encodeFrame({ id, result }));
  }

  close(): void {
    this.#socket.close();
  }

  #ask(
    method: RequestMethod,
    params: unknown,
    { resolve, reject, deadlineMs, onLate }: Omit<Pending, "cancelDeadline"> & Deadline,
  ): void {
    if (!this.isOpen) {
      reject(new ConnectionLostError(`app-server is gone: ${method} was not sent`, { wasSent: false }));
      return;
    }
    const id = ++this.#lastId;
    try {
      this.#send(encodeFrame({ id, method, params }));
    } catch (error) {
      reject(error instanceof UnreadableFrame ? new RpcError(method, unreadableCode, error.message) : (error as Error));
      return;
    }
    this.#pending.set(id, { method, resolve, reject, cancelDeadline: startDeadline(deadlineMs, () => onLate(id)) });
  }

  /** Gives a request up that was not answered in time, or the whole connection. An answer during the probe still counts. */
  async #late(id: number): Promise<void> {
    this.#probe ??= this.#answersProbe().finally(() => (this.#probe = undefined));
    const isAlive = await this.#probe;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (isAlive) {
      this.#pending.delete(id);
      pending.reject(new NoAnswerError(pending.method));
    } else {
      this.#isSilent = true;
      this.#socket.terminate();
    }
  }

  /** Whether app-server answers a request that costs it nothing; a refusal is an answer. */
  #answersProbe(): Promise<boolean> {
    return new Promise((settle) => {
      this.#ask(
        "thread/loaded/list",
        {},
        {
          resolve: () => settle(true),
          reject: (error) => settle(error instanceof RpcError),
          deadlineMs: probeDeadlineMs,
          onLate: (id) => {
            this.#pending.delete(id);
            settle(false);
          },
        },
      );
    });
  }

  #send(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const end = start + pieceBytes;
      this.#socket.send(bytes.subarray(start, end), { binary: false, fin: end >= bytes.length });
    }
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
    pending.cancelDeadline();
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
