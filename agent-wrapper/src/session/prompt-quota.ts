import { type ApiLimits, WorkspaceError } from "@codex-workspace/core";

/** Prompts that have not ended, and the bytes that they take in the store. */
export interface PromptUse {
  readonly prompts: number;
  readonly bytes: number;
}

export interface PromptQuota {
  /** Of the whole workspace. */
  readonly all: PromptUse;
  /** Of one token. */
  readonly perToken: PromptUse;
}

type PromptLimits = Pick<
  ApiLimits,
  "pendingPrompts" | "allPendingPrompts" | "pendingPromptsMiB" | "allPendingPromptsMiB"
>;

const mebibyte = 1024 ** 2;

/** Returns the quota that `api.limits` sets. */
export function toPromptQuota(limits: PromptLimits): PromptQuota {
  return {
    all: { prompts: limits.allPendingPrompts, bytes: limits.allPendingPromptsMiB * mebibyte },
    perToken: { prompts: limits.pendingPrompts, bytes: limits.pendingPromptsMiB * mebibyte },
  };
}

/**
 * Rejects a prompt for which there is no room.
 *
 * @throws WorkspaceError `PROMPT_STORE_FULL`, `TOO_MANY_PROMPTS`
 */
export function requireRoom(quota: PromptQuota, all: PromptUse, ofToken: PromptUse, bytes: number): void {
  const own = exceeded(quota.perToken, ofToken, bytes);
  if (own !== undefined) {
    throw new WorkspaceError(`the token's prompts that have not ended take ${own}`, {
      code: "TOO_MANY_PROMPTS",
      remedy: "Wait until prompts of the token have ended, or cancel queued ones.",
    });
  }
  const whole = exceeded(quota.all, all, bytes);
  if (whole === undefined) return;
  throw new WorkspaceError(`the workspace's prompts that have not ended take ${whole}`, {
    code: "PROMPT_STORE_FULL",
    remedy: "Wait until prompts have ended, or cancel queued ones.",
  });
}

function exceeded(bound: PromptUse, used: PromptUse, bytes: number): string | undefined {
  if (used.prompts + 1 > bound.prompts) return `${used.prompts} of ${bound.prompts} places`;
  if (used.bytes + bytes > bound.bytes) return `${used.bytes} of ${bound.bytes} bytes, and this one ${bytes}`;
  return undefined;
}
