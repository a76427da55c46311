import type { ErrorReply, Reply, UsageReply } from "./reply.ts";

/** One step of answering a request: what the HTTP side has to do next. */
export type Moment =
  | { readonly do: "send"; readonly event: ResponseEvent }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "refuse"; readonly status: number; readonly body: OpenAiError }
  | { readonly do: "hang" }
  | { readonly do: "disconnect" };

/** A server-sent event of the Responses API. */
export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [field: string]: unknown;
}

/** The error body of the OpenAI API. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The `response` object, as the first and last events carry it and as `stream: false` answers it. */
export interface ResponseObject {
  readonly id: string;
  readonly object: "response";
  readonly created_at: number;
  readonly status: "in_progress" | "completed" | "failed";
  readonly model: string;
  readonly output: readonly OutputItem[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly usage: ReturnType<typeof usageObject> | null;
}

interface OutputItem {
  readonly type: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Who answers: makes the ids of one response, so that the same call can be told apart in two responses. */
export interface ResponseIdentity {
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

/** Turns replies into the events of the Responses API, lazily: nothing is decided before its moment has come. */
export function* toTimeline(replies: readonly Reply[], identity: ResponseIdentity): Generator<Moment, void> {
  const output: OutputItem[] = [];
  let sequence = 0;
  let usage: UsageReply = { kind: "usage", inputTokens: 100, outputTokens: 20 };

  const event = (type: string, fields: Record<string, unknown>): Moment => ({
    do: "send",
    event: { type, sequence_number: sequence++, ...fields },
  });
  const response = (status: ResponseObject["status"], error: ResponseObject["error"] = null): ResponseObject => ({
    id: identity.id,
    object: "response",
    created_at: identity.createdAt,
    status,
    model: identity.model,
    output: [...output],
    error,
    usage: status === "completed" ? usageObject(usage) : null,
  });
  const failed = (code: string, message: string) =>
    event("response.failed", { response: response("failed", { code, message }) });
  function* begin(): Generator<Moment, void> {
    if (sequence > 0) return;
    yield event("response.created", { response: response("in_progress") });
    yield event("response.in_progress", { response: response("in_progress") });
  }
  function* item(
    begun: OutputItem,
    done: OutputItem,
    parts: (where: Record<string, unknown>) => Generator<Moment, "whole" | "cut off">,
  ): Generator<Moment, void> {
    yield* begin();
    const output_index = output.length;
    yield event("response.output_item.added", { output_index, item: begun });
    if ((yield* parts({ item_id: begun.id, output_index })) === "cut off") return;
    output.push(done);
    yield event("response.output_item.done", { output_index, item: done });
  }

  for (const [index, reply] of replies.entries()) {
    const suffix = `${identity.id.replace(/^resp_/, "")}_${output.length}`;
    switch (reply.kind) {
      case "usage":
        usage = reply;
        break;
      case "delay":
        yield { do: "wait", ms: reply.ms };
        break;
      case "hang":
        yield { do: "hang" };
        return;
      case "disconnect":
        yield { do: "disconnect" };
        return;
      case "error": {
        const { status, error } = openAiError(reply);
        yield sequence === 0
          ? { do: "refuse", status, body: { error } }
          : failed(error.code ?? error.type, error.message);
        return;
      }
      case "failure":
        yield* begin();
        yield failed(reply.code, reply.message);
        return;
      case "text": {
        const { text, chunkSize = Infinity, chunkDelayMs = 0 } = reply;
        const message = { type: "message", id: `msg_${suffix}`, role: "assistant" };
        const part = { type: "output_text", text, annotations: [], logprobs: [] };
        yield* item(
          { ...message, status: "in_progress", content: [] },
          { ...message, status: "completed", content: [part] },
          function* (where) {
            const inPart = { ...where, content_index: 0 };
            yield event("response.content_part.added", { ...inPart, part: { ...part, text: "" } });
            for (const delta of chunks(text, chunkSize)) {
              if (chunkDelayMs > 0) yield { do: "wait", ms: chunkDelayMs };
              yield event("response.output_text.delta", { ...inPart, delta, logprobs: [] });
            }
            if (endsAbruptly(replies[index + 1])) return "cut off";
            yield event("response.output_text.done", { ...inPart, text, logprobs: [] });
            yield event("response.content_part.done", { ...inPart, part });
            return "whole";
          },
        );
        break;
      }
      case "reasoning": {
        const reasoning = { type: "reasoning", id: `rs_${suffix}`, encrypted_content: null };
        const part = { type: "summary_text", text: reply.summary };
        yield* item({ ...reasoning, summary: [] }, { ...reasoning, summary: [part] }, function* (where) {
          const inPart = { ...where, summary_index: 0 };
          yield event("response.reasoning_summary_part.added", { ...inPart, part: { ...part, text: "" } });
          yield event("response.reasoning_summary_text.delta", { ...inPart, delta: reply.summary });
          yield event("response.reasoning_summary_text.done", { ...inPart, text: reply.summary });
          yield event("response.reasoning_summary_part.done", { ...inPart, part });
          return "whole";
        });
        break;
      }
      case "functionCall": {
        const text = typeof reply.arguments === "string" ? reply.arguments : JSON.stringify(reply.arguments);
        const { name, namespace } = reply;
        const call = { type: "function_call", id: `fc_${suffix}`, call_id: `call_${suffix}`, name, namespace };
        yield* item(
          { ...call, status: "in_progress", arguments: "" },
          { ...call, status: "completed", arguments: text },
          function* (where) {
            yield event("response.function_call_arguments.delta", { ...where, delta: text });
            yield event("response.function_call_arguments.done", { ...where, arguments: text });
            return "whole";
          },
        );
        break;
      }
      case "customToolCall": {
        const { input } = reply;
        const call = { type: "custom_tool_call", id: `ctc_${suffix}`, call_id: `call_${suffix}`, name: reply.name };
        yield* item(
          { ...call, status: "in_progress", input: "" },
          { ...call, status: "completed", input },
          function* (where) {
            yield event("response.custom_tool_call_input.delta", { ...where, delta: input });
            yield event("response.custom_tool_call_input.done", { ...where, input });
            return "whole";
          },
        );
        break;
      }
    }
  }
  yield* begin();
  yield event("response.completed", { response: response("completed") });
}

function usageObject({ inputTokens, outputTokens, cachedTokens = 0, reasoningTokens = 0 }: UsageReply) {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function endsAbruptly(next: Reply | undefined): boolean {
  return ["error", "failure", "hang", "disconnect"].includes(next?.kind ?? "");
}

/** Cuts between code points, never inside one. */
function* chunks(text: string, size: number): Generator<string, void> {
  const points = Array.from(text);
  const step = Math.max(1, size);
  for (let start = 0; start < points.length; start += step) yield points.slice(start, start + step).join("");
}

/** The words that OpenAI's API has for a status. */
const errorTypes: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ["invalid_request_error", "invalid_api_key"],
  404: ["invalid_request_error", null],
  429: ["requests", "rate_limit_exceeded"],
};

export function openAiError({ status, code, message }: Omit<ErrorReply, "kind">): OpenAiError & { status: number } {
  const [type, usualCode] =
    errorTypes[status] ?? (status < 500 ? ["invalid_request_error", null] : ["server_error", null]);
  return {
    status,
    error: {
      message: message ?? `The scripted model answers with status ${status}.`,
      type,
      param: null,
      code: code ?? usualCode,
    },
  };
}
