import { toApiError, UnreachableError } from "./api-error.ts";

export interface ClientOptions {
  /** Of the wrapper: `http://127.0.0.1:3284`; may have a path. */
  readonly baseUrl: string;
  /**
   * Sent as bearer token; a function is asked before every request, so that a token can be exchanged while the client is
   * in use. @default - no Authorization header, which only `ready`, and an API without tokens, can do without
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** @default - the global `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A schema of the api package: the border at which an answer gets its type. */
export interface Schema<T> {
  parse(value: unknown): T;
}

export interface Call extends CallOptions {
  readonly method?: "POST" | "DELETE";
  /** Sent as JSON, unless it is a form. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests to one wrapper, with its token. */
export class Transport {
  readonly baseUrl: string;
  readonly #token: ClientOptions["token"];
  readonly #fetch: typeof globalThis.fetch;

  constructor({ baseUrl, token, fetch = globalThis.fetch }: ClientOptions) {
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.#token = token;
    // Browsers refuse a fetch that is called as somebody's method.
    this.#fetch = (input, init) => fetch(input, init);
  }

  /** An answer of its schema's type. Throws `ApiError`, `UnreachableError`, or the signal's reason. */
  async json<T>(path: string, schema: Schema<T>, call?: Call): Promise<T> {
    const response = await this.ok(path, call);
    return schema.parse(await response.json());
  }

  /** An answer that is 2xx. */
  async ok(path: string, call?: Call): Promise<Response> {
    const response = await this.call(path, call);
    if (!response.ok) throw await toApiError(response);
    return response;
  }

  /** Any answer. */
  async call(path: string, { method, body, headers: given, signal }: Call = {}): Promise<Response> {
    const headers = new Headers(given);
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const isForm = body instanceof FormData;
    // A form names its own boundary.
    if (body !== undefined && !isForm) headers.set("content-type", "application/json");
    try {
      return await this.#fetch(`${this.baseUrl}${path}`, {
        ...(method !== undefined && { method }),
        ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
        headers,
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(this.baseUrl, error);
    }
  }

  /** What `read` makes of a stream that is answered, until it ends. */
  async *stream<T>(
    path: string,
    read: (body: ReadableStream<Uint8Array>) => AsyncIterable<T>,
    call: Call,
  ): AsyncGenerator<T, void, undefined> {
    const { body } = await this.ok(path, call);
    if (body === null) return;
    try {
      yield* read(body);
    } catch (error) {
      call.signal?.throwIfAborted();
      throw error instanceof TypeError ? new UnreachableError(this.baseUrl, error) : error;
    }
  }
}
