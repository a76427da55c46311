import { type ErrorCode, ownValue, type Problem, WorkspaceError } from "@codex-workspace/core";
import { ApiError, UnreachableError } from "@codex-workspace/client";

/** The codes that scripts branch on; docs/cli.md has the table. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  badInput: 2,
  notRunning: 3,
  engineUnavailable: 4,
  interrupted: 130,
} as const;

const exitCodeOfError: Partial<Record<ErrorCode, number>> = {
  USAGE: exitCodes.badInput,
  SPEC_INVALID: exitCodes.badInput,
  SPEC_NOT_IN_FORCE: exitCodes.badInput,
  SPEC_UNREADABLE: exitCodes.badInput,
  SPEC_NOT_TRUSTED: exitCodes.badInput,
  SECRET_UNRESOLVED: exitCodes.badInput,
  SECRET_IN_PROJECT: exitCodes.badInput,
  TOKEN_INVALID: exitCodes.badInput,
  TOKEN_EXPIRED: exitCodes.badInput,
  GRANT_REFUSED: exitCodes.badInput,
  GRANT_NOT_FOUND: exitCodes.badInput,
  TOML_INVALID: exitCodes.badInput,
  TOML_CONFLICT: exitCodes.badInput,
  MARKER_IN_INPUT: exitCodes.badInput,
  CONFIG_REFUSED: exitCodes.badInput,
  DIRECTORY_UNUSABLE: exitCodes.badInput,
  HOME_UNKNOWN: exitCodes.badInput,
  WORKSPACE_AMBIGUOUS: exitCodes.badInput,
  WORKSPACE_NOT_FOUND: exitCodes.notRunning,
  WORKSPACE_NOT_RUNNING: exitCodes.notRunning,
  ENGINE_UNAVAILABLE: exitCodes.engineUnavailable,
  INTERRUPTED: exitCodes.interrupted,
  TURN_INTERRUPTED: exitCodes.interrupted,
};

export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly problems?: readonly Problem[];
}

/** An error in the parts that a person and a script are told. What nobody foresaw has the code `INTERNAL`. */
export function describeError(error: unknown): ShownError {
  if (error instanceof WorkspaceError) {
    const { code, message, remedy, problems } = error;
    return { code, message, remedy, ...(problems.length > 0 && { problems }) };
  }
  if (error instanceof ApiError) {
    const { code, message, remedy } = error;
    return { code, message, ...(remedy !== undefined && { remedy }) };
  }
  if (error instanceof UnreachableError) {
    const remedy = "See `codex-workspace list`; start it with `codex-workspace up`.";
    return { code: "WORKSPACE_NOT_RUNNING", message: error.message, remedy };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message, remedy: "Run it again with --debug, which shows where it failed." };
}

export function exitCodeOf(error: unknown): number {
  return ownValue<number>(exitCodeOfError, describeError(error).code) ?? exitCodes.failure;
}

/** An error as text: what, where with the source line, what to do. The stack only with `debug`. */
export function showError(error: unknown, { debug = false }: { readonly debug?: boolean } = {}): string {
  const { message, problems = [], remedy } = describeError(error);
  const lines = [
    `error: ${message}`,
    ...problems.filter((problem) => !message.includes(problem.message)).map(showProblem),
  ];
  if (remedy !== undefined) lines.push(`→ ${remedy}`);
  if (debug && error instanceof Error) lines.push("", showStack(error));
  return lines.join("\n");
}

function showProblem({ path, message, position }: Problem): string {
  if (position === undefined) return `  ${path}: ${message}`;
  const { line, column, lineText } = position;
  const margin = `  ${line} | `;
  const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, " ");
  return `  ${path}:${line}:${column}: ${message}\n${margin}${lineText}\n${" ".repeat(margin.length)}${indent}^`;
}

function showStack(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by: ${showStack(error.cause)}` : stack;
}
