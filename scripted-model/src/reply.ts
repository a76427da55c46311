/**
 * What the model does in one response, in order. A tool call ends the response for Codex: it runs the tool and asks again with the output in
 * its input.
 */
export type Reply =
  | TextReply
  | ReasoningReply
  | FunctionCallReply
  | CustomToolCallReply
  | DelayReply
  | ErrorReply
  | FailureReply
  | HangReply
  | DisconnectReply
  | UsageReply;

/** An assistant message, streamed as deltas. It stays unfinished when an error, a failure, a hang or a disconnect comes right after it. */
export interface TextReply {
  readonly kind: "text";
  readonly text: string;
  /**
   * Code points per delta.
   * @default - the whole text in one delta
   */
  readonly chunkSize?: number;
  /**
   * Pause before each delta.
   * @default 0
   */
  readonly chunkDelayMs?: number;
}

/** A reasoning item with a summary, as Codex shows it above an answer. */
export interface ReasoningReply {
  readonly kind: "reasoning";
  readonly summary: string;
}

/** A call of a tool that Codex offers as a function, for example `exec_command`. */
export interface FunctionCallReply {
  readonly kind: "functionCall";
  readonly name: string;
  /** Of a tool that Codex offers in a group, for example `collaboration`. @default - none */
  readonly namespace?: string;
  /** An object is sent as JSON; a string is sent as it is, so that broken arguments can be tried. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

/** A call of a tool that takes free text, for example `apply_patch`. */
export interface CustomToolCallReply {
  readonly kind: "customToolCall";
  readonly name: string;
  readonly input: string;
}

/** A pause, before the first byte of the answer when nothing else comes before it. */
export interface DelayReply {
  readonly kind: "delay";
  readonly ms: number;
}

/** An error status with OpenAI's error body. Once the stream has begun it can only be told as `response.failed`. */
export interface ErrorReply {
  readonly kind: "error";
  /** HTTP status. Codex retries 429 and 5xx. */
  readonly status: number;
  /** @default - the code that OpenAI's API has for this status */
  readonly code?: string;
  /** @default - a sentence that names the status */
  readonly message?: string;
}

/** A stream that has begun and then ends in `response.failed`. */
export interface FailureReply {
  readonly kind: "failure";
  /** For example `server_error`, `rate_limit_exceeded`, `context_length_exceeded`, `insufficient_quota`. */
  readonly code: string;
  readonly message: string;
}

/** Nothing more is sent and the connection stays open, until the client or the server closes it. */
export interface HangReply {
  readonly kind: "hang";
}

/** The connection is cut. */
export interface DisconnectReply {
  readonly kind: "disconnect";
}

/** Token counts that this response reports instead of small made-up ones. */
export interface UsageReply {
  readonly kind: "usage";
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** @default 0 */
  readonly cachedTokens?: number;
  /** @default 0 */
  readonly reasoningTokens?: number;
}

/** A command for Codex's shell tool, which every model of Codex 0.169 accepts. */
export function execCommand(cmd: string, options: { readonly escalatedBecause?: string } = {}): FunctionCallReply {
  const escalation =
    options.escalatedBecause === undefined
      ? {}
      : { sandbox_permissions: "require_escalated", justification: options.escalatedBecause };
  return { kind: "functionCall", name: "exec_command", arguments: { cmd, ...escalation } };
}
