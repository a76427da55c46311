import type { TurnFailure, TurnFailureCode } from "@codex-workspace/api";
import type { TurnError } from "../codex/protocol.ts";

/** Why a turn or prompt failed: a text for people, and the same for programs. */
export interface FailedOutcome {
  readonly error: string;
  readonly failure: TurnFailure;
}

/** Remedy of each code; docs/errors.md has the same table. */
const remedies: Readonly<Record<TurnFailureCode, string>> = {
  CODEX_TOO_OLD:
    "Set `codexVersion` to a newer version in the spec, then run `codex-workspace up`; or choose another model.",
  MODEL_KEY_REFUSED: "Set a valid model key, then run `codex-workspace up` and send the prompt again.",
  MODEL_ACCESS_DENIED: "Use a key that may use this model from here, or another model.",
  MODEL_QUOTA_EXCEEDED:
    "Raise the quota or the budget at the model provider, or use another key; then send the prompt again.",
  MODEL_RATE_LIMITED:
    "Wait, then send the prompt again. If it fails again, check the quota at the model provider, or lower `modelLimits`.",
  MODEL_UNKNOWN: "Set `model` to one that the provider offers to this key.",
  MODEL_CONTENT_REFUSED: "Change what the prompt asks for; the model provider or Codex refuses it.",
  MODEL_REQUEST_REFUSED: "Correct the setting that the message names: the model provider refuses the request.",
  CONTEXT_TOO_LONG: "Send the prompt to a new session, or send a shorter prompt with fewer images.",
  PROVIDER_PATH_UNKNOWN: "Correct `modelProvider.baseUrl`: the server there has no Responses API at this path.",
  PROVIDER_UNREACHABLE: "Check `modelProvider.baseUrl` and the network to that host, then send the prompt again.",
  PROVIDER_OVERLOADED: "Wait, then send the prompt again, or choose another model.",
  PROVIDER_FAILED: "Send the prompt again later; the model provider fails.",
  SANDBOX_FAILED: "Look at `sandbox` in GET /v1/status: Codex's sandbox has to work for this prompt.",
  PROMPT_REFUSED: "Correct the prompt and send it again.",
  SESSION_DIRECTORY_CHANGED: "Restore the session's directory, or use another one.",
  TURN_FAILED: "Correct what the message names; the wrapper's log has more.",
};

/** A failure of a kind that we know ourselves. */
export function failed(code: TurnFailureCode, error: string, remedy = remedies[code]): FailedOutcome {
  return { error, failure: { code, remedy } };
}

/** Why Codex says that a turn failed. */
export function toFailedOutcome(error: TurnError): FailedOutcome {
  const { codexErrorInfo, additionalDetails } = error;
  const said = readMessage(error.message);
  const report: Report = {
    ...said,
    kind: kindOf(codexErrorInfo),
    httpStatus: httpStatusOf(codexErrorInfo) ?? said.httpStatus,
  };
  const httpStatus = report.httpStatus ?? (report.kind === "internalServerError" ? 500 : undefined);
  const code = codeOf(report);
  return {
    error: said.text,
    failure: {
      code,
      ...(codexErrorInfo !== undefined && codexErrorInfo !== null && { codexErrorInfo }),
      ...(httpStatus !== undefined && { httpStatus }),
      ...(typeof additionalDetails === "string" && additionalDetails !== "" && { details: additionalDetails }),
      remedy: code === "CODEX_TOO_OLD" ? newerCodex(said.text) : remedies[code],
    },
  };
}

/** Whether an error of a request that Codex would repeat can end in no other way. */
export function isTerminal({ failure }: FailedOutcome): boolean {
  return failure.code === "CODEX_TOO_OLD";
}

interface Message {
  readonly text: string;
  readonly httpStatus: number | undefined;
  /** `error.code` and `error.type` of the provider's answer. */
  readonly words: readonly string[];
}

interface Report extends Message {
  readonly kind: string | undefined;
}

const byKind: Readonly<Record<string, TurnFailureCode>> = {
  contextWindowExceeded: "CONTEXT_TOO_LONG",
  sessionBudgetExceeded: "MODEL_QUOTA_EXCEEDED",
  usageLimitExceeded: "MODEL_QUOTA_EXCEEDED",
  rateLimitExceeded: "MODEL_RATE_LIMITED",
  serverOverloaded: "PROVIDER_OVERLOADED",
  flexUnavailable: "PROVIDER_OVERLOADED",
  policyCapacityUnavailable: "PROVIDER_OVERLOADED",
  modelNotFound: "MODEL_UNKNOWN",
  inferenceHookDenied: "MODEL_CONTENT_REFUSED",
  cyberPolicy: "MODEL_CONTENT_REFUSED",
  misalignmentPolicyViolation: "MODEL_CONTENT_REFUSED",
  tooManyDenials: "MODEL_CONTENT_REFUSED",
  internalServerError: "PROVIDER_FAILED",
  unauthorized: "MODEL_KEY_REFUSED",
  badRequest: "MODEL_REQUEST_REFUSED",
  sandboxError: "SANDBOX_FAILED",
};

/** `error.code` and `error.type` of OpenAI's API. */
const byWord: Readonly<Record<string, TurnFailureCode>> = {
  invalid_api_key: "MODEL_KEY_REFUSED",
  authentication_error: "MODEL_KEY_REFUSED",
  insufficient_quota: "MODEL_QUOTA_EXCEEDED",
  usage_limit_reached: "MODEL_QUOTA_EXCEEDED",
  usage_not_included: "MODEL_QUOTA_EXCEEDED",
  billing_hard_limit_reached: "MODEL_QUOTA_EXCEEDED",
  rate_limit_exceeded: "MODEL_RATE_LIMITED",
  model_not_found: "MODEL_UNKNOWN",
  context_length_exceeded: "CONTEXT_TOO_LONG",
  content_policy_violation: "MODEL_CONTENT_REFUSED",
  invalid_prompt: "MODEL_CONTENT_REFUSED",
};

/**
 * Codex up to 0.162 names few kinds, and no HTTP status: its `other` is told apart by the provider's own code, by the status
 * in the message, and last by words of the message (observed on 0.140 to 0.169).
 */
function codeOf({ kind, text, httpStatus, words }: Report): TurnFailureCode {
  // Comes as a 400 of any shape, of which Codex makes the kind `other`.
  if (/requires a newer version of Codex/i.test(text)) return "CODEX_TOO_OLD";
  const known = (kind === undefined ? undefined : byKind[kind]) ?? words.map((word) => byWord[word]).find(Boolean);
  if (known !== undefined) return known;
  if (httpStatus !== undefined) return byStatus(httpStatus, text);
  // No answer came: 0.155 and later report the connection, 0.140 only its error.
  if (kind === "httpConnectionFailed" || kind === "responseStreamConnectionFailed") return "PROVIDER_UNREACHABLE";
  if (/error sending request/i.test(text)) return "PROVIDER_UNREACHABLE";
  if (/^Invalid prompt/i.test(text)) return "MODEL_CONTENT_REFUSED";
  if (/rate limit reached/i.test(text)) return "MODEL_RATE_LIMITED";
  if (kind === "responseStreamDisconnected" || /stream disconnected/i.test(text)) return "PROVIDER_FAILED";
  return "TURN_FAILED";
}

function byStatus(status: number, text: string): TurnFailureCode {
  switch (status) {
    case 401:
      return "MODEL_KEY_REFUSED";
    case 402:
      return "MODEL_QUOTA_EXCEEDED";
    case 403:
      return "MODEL_ACCESS_DENIED";
    case 404:
      return /\bmodel\b/i.test(text.replace(/, url: .*$/s, "")) ? "MODEL_UNKNOWN" : "PROVIDER_PATH_UNKNOWN";
    case 405:
      return "PROVIDER_PATH_UNKNOWN";
    // The workspace's own model gateway answers 502 or 504 when it does not reach the provider.
    case 408:
    case 502:
    case 504:
      return "PROVIDER_UNREACHABLE";
    case 413:
      return "CONTEXT_TOO_LONG";
    case 429:
      return "MODEL_RATE_LIMITED";
    case 503:
    case 529:
      return "PROVIDER_OVERLOADED";
    default:
      return status >= 500 ? "PROVIDER_FAILED" : "MODEL_REQUEST_REFUSED";
  }
}

/** With the version to set, where the message has one. */
function newerCodex(text: string): string {
  const version = /\b\d+\.\d+\.\d+\b/.exec(text.replaceAll(/'[^']*'|`[^`]*`|"[^"]*"/g, ""))?.[0];
  return version === undefined
    ? remedies.CODEX_TOO_OLD
    : `Set \`codexVersion\` to ${version} or later in the spec, then run \`codex-workspace up\`; or choose another model.`;
}

/** `unexpected status 401 Unauthorized: BODY, url: http://…`, or `…, last status: 429 Too Many Requests`. */
const unexpectedStatus = /^(unexpected status (\d{3})[^:]*: )(.*?)(, url: .*)?$/s;
const lastStatus = /last status: (\d{3})\b/;

/** A message in words, where Codex passes on the body of an answer as it came. */
function readMessage(message: string): Message {
  const [, before = "", status, body = "", after = ""] = unexpectedStatus.exec(message) ?? [];
  if (status !== undefined) {
    const { text, words } = readBody(body);
    return { text: before + text + after, words, httpStatus: Number(status) };
  }
  const { text, words, isBody } = readBody(message);
  const last = lastStatus.exec(message)?.[1];
  // Codex passes on the whole body of a 400 alone.
  return { text, words, httpStatus: last === undefined ? (isBody ? 400 : undefined) : Number(last) };
}

interface Body {
  readonly text: string;
  readonly words: readonly string[];
  /** The text was a body, and no sentence of Codex's. */
  readonly isBody: boolean;
}

function readBody(text: string): Body {
  if (/^\s*(<!doctype html|<html)/i.test(text)) {
    const shown = text.replaceAll(/<(script|style)\b.*?<\/\1>|<[^>]*>/gis, " ").replaceAll(/\s+/g, " ");
    return { text: shown.trim(), words: [], isBody: true };
  }
  const body = parseObject(text);
  if (body === undefined) return { text, words: [], isBody: false };
  const error = toObject(body["error"]) ?? body;
  const words = [error["code"], error["type"]].filter((word) => typeof word === "string");
  const sentence = sentenceOf(error, body);
  return { text: sentence === undefined ? text : withWord(sentence, error["code"]), words, isBody: true };
}

/** OpenAI has `error.message`; FastAPI and ChatGPT's backend have `detail`, which may be a list; others `error` or `message`. */
function sentenceOf(error: JsonObject, body: JsonObject): string | undefined {
  const { detail } = body;
  const details = Array.isArray(detail) ? detail.map((one) => toObject(one)?.["msg"]) : [];
  const candidates = [error["message"], body["message"], detail, body["error"], error["detail"], details.join("; ")];
  return candidates.find((text): text is string => typeof text === "string" && text.trim() !== "");
}

/** With the provider's own code, which its documentation explains. */
function withWord(sentence: string, code: unknown): string {
  return typeof code !== "string" || code === "" || sentence.includes(code) ? sentence : `${sentence} (${code})`;
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return toObject(JSON.parse(text));
  } catch {
    // A sentence that begins with a brace.
    return undefined;
  }
}

function toObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** `codexErrorInfo` is a word, or an object with the word as its key. */
function kindOf(info: unknown): string | undefined {
  if (typeof info === "string") return info;
  return Object.keys(toObject(info) ?? {})[0];
}

function httpStatusOf(info: unknown): number | undefined {
  const status = toObject(Object.values(toObject(info) ?? {})[0])?.["httpStatusCode"];
  return typeof status === "number" ? status : undefined;
}
