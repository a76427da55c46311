import type { Result, Turn } from "../codex/protocol.ts";
import { type RpcConnection, RpcError } from "../codex/rpc-connection.ts";
import { compareSettings, type SettingsComparison } from "./compare-settings.ts";
import { foreignPermissions } from "./foreign-permissions.ts";
import { LiveThread } from "./live-thread.ts";
import type { ThreadParams } from "./thread-settings.ts";
import { unreadInstructions } from "./unread-instructions.ts";

export interface ThreadRequest {
  /** Becomes the thread's name. */
  readonly name: string;
  /** The thread to resume. */
  readonly threadId: string | undefined;
  readonly params: ThreadParams;
  readonly log: (message: string, details: object) => void;
}

/** A thread that is loaded and whose events come to us. */
export interface OpenThread {
  readonly thread: LiveThread;
  readonly turns: readonly Turn[];
  /** What Codex says is in force, against what was asked for. */
  readonly comparison: SettingsComparison;
  /** Settings of files that would have no effect on the thread; each a sentence. */
  readonly ineffective: readonly string[];
  /** Instructions of the spec that the model does not get; each a sentence. */
  readonly unread: readonly string[];
}

/** Resumes a session's thread, or starts one where there is none or Codex has lost it. */
export async function openThread(connection: RpcConnection, request: ThreadRequest): Promise<OpenThread> {
  return (await resumeThread(connection, request)) ?? startThread(connection, request);
}

async function resumeThread(
  connection: RpcConnection,
  { threadId, params, log }: ThreadRequest,
): Promise<OpenThread | undefined> {
  if (threadId === undefined) return undefined;
  try {
    const resumed = await connection.request("thread/resume", { threadId, excludeTurns: true, ...params.settings });
    const { thread } = await connection.request("thread/read", { threadId, includeTurns: true });
    return await toOpenThread(connection, params, resumed, thread.turns);
  } catch (error) {
    if (!(error instanceof RpcError) || !/no rollout found|not found/i.test(error.message)) throw error;
    log("Codex has lost the thread of this session; a new one begins", { threadId });
    return undefined;
  }
}

async function startThread(connection: RpcConnection, { name, params }: ThreadRequest): Promise<OpenThread> {
  // The directory that a thread is started with, Codex trusts for good, and so runs what its `.codex` says; one that it is
  // given later, and its own, it does not (observed on 0.140 to 0.169).
  const { cwd, ...settings } = params.settings;
  const started = await connection.request("thread/start", { ...settings, ...params.newThread });
  const { id: threadId } = started.thread;
  const isThere = cwd === started.cwd;
  // An ephemeral thread has no rollout. A terminal cannot show it, so its first turn is one that names the writable roots.
  if (params.newThread["ephemeral"] === true) {
    if (!isThere) await connection.request("thread/settings/update", { threadId, cwd });
    return toOpenThread(connection, params, { ...started, cwd }, []);
  }
  // Naming a thread writes the rollout, without which nothing can resume it.
  await connection.request("thread/name/set", { threadId, name });
  if (isThere) return toOpenThread(connection, params, started, []);
  // A changed directory becomes the writable root, also for a turn that a terminal begins. A resumed thread has the roots
  // that it is resumed with (observed on 0.140 to 0.169).
  await connection.request("thread/unsubscribe", { threadId });
  const resumed = await connection.request("thread/resume", { threadId, excludeTurns: true, ...params.settings });
  return toOpenThread(connection, params, resumed, []);
}

async function toOpenThread(
  connection: RpcConnection,
  { settings, expected, configured, instructions }: ThreadParams,
  reported: Result<"thread/start" | "thread/resume">,
  turns: readonly Turn[],
): Promise<OpenThread> {
  const { thread, model, reasoningEffort = null } = reported;
  const { cwd: directory, runtimeWorkspaceRoots: writableRoots } = settings;
  const { layers } = await connection.request("config/read", { cwd: directory, includeLayers: true });
  const inForce = { id: thread.id, directory, writableRoots, model: { model, effort: reasoningEffort }, reported };
  return {
    thread: new LiveThread(connection, inForce),
    turns,
    comparison: compareSettings(expected, reported),
    ineffective: foreignPermissions(layers, configured),
    unread: unreadInstructions(instructions, reported.instructionSources),
  };
}
