import { type ServerResponse, STATUS_CODES } from "node:http";
import { type ErrorCode, WorkspaceError } from "@codex-workspace/core";
import type { ProblemBody } from "@codex-workspace/api";
import { TokensUsedUpError } from "../session/token-budget.ts";
import { sendBody } from "./body.ts";

interface HttpProblemOptions {
  readonly code: ErrorCode;
  readonly remedy?: string;
  readonly errors?: ProblemBody["errors"];
  readonly retryAfterSeconds?: number;
}

/** A request that is answered with a problem: a status, and what AgentAPI's clients read. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly errors: ProblemBody["errors"];
  /** When to come again: sent as Retry-After. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, detail: string, { code, remedy, errors, retryAfterSeconds }: HttpProblemOptions) {
    super(detail);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  SESSION_BUSY: 409,
  SESSION_NOT_READY: 503,
  SESSION_NOT_FOUND: 404,
  SESSION_ARCHIVED: 409,
  SESSION_EXISTS: 409,
  SESSIONS_FULL: 507,
  SESSION_REFUSED: 422,
  SESSION_DIRECTORY_CHANGED: 409,
  PROMPT_REFUSED: 422,
  PROMPT_UNCERTAIN: 503,
  PROMPT_NOT_FOUND: 404,
  PROMPT_NOT_QUEUED: 409,
  APPROVAL_NOT_FOUND: 404,
  APPROVAL_RESOLVED: 409,
  DECISION_INVALID: 422,
  IDEMPOTENCY_KEY_REUSED: 409,
  EVENTS_GONE: 410,
  NO_TURN_RUNNING: 409,
  CODEX_SILENT: 504,
  STATE_NOT_WRITABLE: 507,
  TERMINAL_FAILED: 503,
  TOKENS_USED_UP: 429,
  UPLOADS_FULL: 507,
  PROMPT_STORE_FULL: 507,
  TOO_MANY_PROMPTS: 429,
};

/** How soon a request may succeed, where nothing says exactly when. */
const retrySecondsOfCode: Partial<Record<ErrorCode, number>> = { TOO_MANY_PROMPTS: 10 };

/** Any failure as a problem; what we did not foresee says nothing of itself but that it happened. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof WorkspaceError) {
    const { code, message, remedy } = error;
    const seconds = error instanceof TokensUsedUpError ? error.retryAfterSeconds : retrySecondsOfCode[code];
    const later = seconds === undefined ? {} : { retryAfterSeconds: seconds };
    return new HttpProblem(statusOfCode[code] ?? 500, message, { code, remedy, ...later });
  }
  if (isRefusal(error)) return new HttpProblem(error.status, error.message, { code: "REQUEST_INVALID" });
  return new HttpProblem(500, "unexpected error occurred", {
    code: "INTERNAL",
    remedy: "The wrapper's log has the whole error.",
  });
}

/** What Express itself refuses: a path that cannot be decoded, a range that a file does not have. */
function isRefusal(error: unknown): error is Error & { readonly status: number } {
  return error instanceof Error && "status" in error && Number(error.status) >= 400 && Number(error.status) < 500;
}

export function sendProblem(response: ServerResponse, problem: HttpProblem): void {
  response.statusCode = problem.status;
  // What still comes of that request is not the next one.
  if (problem.status === 408) response.setHeader("Connection", "close");
  if (problem.retryAfterSeconds !== undefined) response.setHeader("Retry-After", problem.retryAfterSeconds);
  sendBody(response, "ErrorModel", problemBody(problem), "application/problem+json");
}

export function problemBody(problem: HttpProblem): ProblemBody {
  const { status, code, remedy, errors } = problem;
  return {
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: problem.message,
    // Left out when empty: AgentAPI's own page crashes on `null`.
    ...(errors !== undefined && { errors }),
    code,
    ...(remedy !== undefined && { remedy }),
  };
}
