import type { ErrorCode } from "@codex-workspace/core";

/** A warning with its code. */
export function leftAlone(file: string, reason: string): string {
  return withCode("FILE_LEFT_ALONE", `${file} was left alone: ${reason}`);
}

/** A warning with its code. */
export function setAside(file: string, aside: string, reason: string): string {
  return withCode("FILE_SET_ASIDE", `${file} is now ${aside}, and a new file replaces it: ${reason}`);
}

function withCode(code: ErrorCode, sentence: string): string {
  return `${sentence} (${code}).`;
}
