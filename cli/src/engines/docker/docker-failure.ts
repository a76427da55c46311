import { WorkspaceError } from "@codex-workspace/core";

interface EngineError extends Error {
  /** Of Node, when there was no answer. */
  readonly code?: string;
  /** Of the Engine API, when there was one. */
  readonly statusCode?: number;
  readonly json?: { readonly message?: string };
}

const unreachableCodes = ["ECONNREFUSED", "ENOENT", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN"];

const installRemedy =
  "Install Docker Engine (https://docs.docker.com/engine/install/) and start it, or add --engine local, which needs no Docker.";

/** A failure of a request to Docker, in our words. `doing`: what we were at, for the message. */
export function dockerFailure(doing: string, error: unknown): Error {
  if (error instanceof WorkspaceError || !(error instanceof Error)) return error as Error;
  const { code, statusCode } = error as EngineError;
  if (statusCode !== undefined) {
    return new WorkspaceError(`Docker refused while ${doing}: ${engineMessage(error)}`, {
      code: "ENGINE_REFUSED",
      remedy: "Correct what Docker names, then run it again.",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new WorkspaceError(`Docker's socket may not be used by this user (${error.message})`, {
      code: "ENGINE_UNAVAILABLE",
      remedy: "Let this user use Docker (`sudo usermod -aG docker $USER`, then log in again), or add --engine local.",
      cause: error,
    });
  }
  if (["ECONNRESET", "EPIPE"].includes(code ?? "") || /socket hang up|aborted/i.test(error.message)) {
    return new WorkspaceError(`Docker went away while ${doing} (${error.message})`, {
      code: "ENGINE_UNAVAILABLE",
      remedy: "Start Docker again, then run the command again.",
      cause: error,
    });
  }
  if (unreachableCodes.includes(code ?? "")) {
    return new WorkspaceError(`Docker did not answer while ${doing} (${error.message})`, {
      code: "ENGINE_UNAVAILABLE",
      remedy: installRemedy,
      cause: error,
    });
  }
  return error;
}

/** Asks Docker something. `doing`: what we are at, for the message. */
export async function asking<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw dockerFailure(doing, error);
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return (error as EngineError).statusCode === status;
}

/** What the Engine API said, without the client library's words around it. */
export function engineMessage(error: unknown): string {
  const { json, message } = error as EngineError;
  return json?.message ?? message;
}
