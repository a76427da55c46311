import type { Result, ThreadSettings, Turn } from "../codex/protocol.ts";
import { type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import type { ModelChoice } from "./session-store.ts";

export interface ThreadRequest {
  /** Becomes the thread's name. */
  readonly name: string;
  /** The thread to resume. */
  readonly threadId: string | undefined;
  readonly settings: ThreadSettings;
  /** Parameters of thread/start alone. */
  readonly newThread: Readonly<Record<string, unknown>>;
  readonly log: (message: string, details: object) => void;
}

/** A thread that is loaded and whose events come to us. */
export interface OpenThread {
  readonly id: string;
  readonly turns: readonly Turn[];
  /** In force, as Codex reports it. */
  readonly model: ModelChoice;
}

/** Resumes a session's thread, or starts one where there is none or Codex has lost it. */
export async function openThread(connection: RpcConnection, request: ThreadRequest): Promise<OpenThread> {
  return (await resumeThread(connection, request)) ?? startThread(connection, request);
}

async function resumeThread(
  connection: RpcConnection,
  { threadId, settings, log }: ThreadRequest,
): Promise<OpenThread | undefined> {
  if (threadId === undefined) return undefined;
  try {
    const resumed = await connection.request("thread/resume", { threadId, excludeTurns: true, ...settings });
    const { thread } = await connection.request("thread/read", { threadId, includeTurns: true });
    return { id: threadId, turns: thread.turns, model: toModelChoice(resumed) };
  } catch (error) {
    if (!(error instanceof RpcError) || !/no rollout found|not found/i.test(error.message)) throw error;
    log("Codex has lost the thread of this session; a new one begins", { threadId });
    return undefined;
  }
}

async function startThread(
  connection: RpcConnection,
  { name, settings, newThread }: ThreadRequest,
): Promise<OpenThread> {
  const started = await connection.request("thread/start", { ...settings, ...newThread });
  const { id } = started.thread;
  // Naming it writes the rollout, without which a terminal cannot resume the thread.
  await connection.request("thread/name/set", { threadId: id, name });
  return { id, turns: [], model: toModelChoice(started) };
}

function toModelChoice({ model, reasoningEffort = null }: Result<"thread/start" | "thread/resume">): ModelChoice {
  return { model, effort: reasoningEffort };
}
