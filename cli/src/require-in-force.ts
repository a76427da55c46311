import { setTimeout as delay } from "node:timers/promises";
import { UnreachableError, type WorkspaceStatus } from "@codex-workspace/client";
import { type ErrorCode, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";

export interface NewSettings {
  /** Of the workspace. */
  readonly name: string;
  readonly configHash: string;
  readonly deadlineMs: number;
  readonly status: () => Promise<WorkspaceStatus>;
  /** Why the wrapper's process is gone, or nothing while it runs. */
  readonly whyStopped: () => Promise<string | undefined>;
}

const pollMs = 100;

/** What becomes of settings that nobody waits for. */
export const leftToWrapper = "the workspace takes its new settings by itself, as soon as no turn runs";

/**
 * Waits until the running wrapper has put the configuration in force that it was given, or is gone. Interrupted, it
 * leaves that to the wrapper.
 *
 * @throws WorkspaceError `START_TIMED_OUT`, or with the wrapper's code where it goes on with the former configuration
 */
export async function requireInForce(context: CliContext, settings: NewSettings): Promise<void> {
  try {
    await untilInForce(context, settings);
  } catch (error) {
    if (context.signal.aborted) context.output.note(leftToWrapper);
    throw error;
  }
}

async function untilInForce(
  { output, programName, signal }: CliContext,
  { name, configHash, deadlineMs, status, whyStopped }: NewSettings,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let isTold = false;
  for (;;) {
    const answer = await status().catch((error: unknown) => {
      if (error instanceof UnreachableError && !signal.aborted) return undefined;
      throw error;
    });
    const reload = answer?.reload;
    // The hash alone does not tell: it knows no secrets. And a wrapper that starts does not look for changes yet.
    if (answer?.configHash === configHash && reload === undefined && answer.status !== "starting") return;
    if (reload?.state === "failed") {
      const { code, reason = "it does not say why", remedy } = reload;
      throw new WorkspaceError(`"${name}" goes on with its former settings: ${reason}`, {
        // The wrapper's codes are ours.
        code: (code ?? "INTERNAL") as ErrorCode,
        remedy: remedy ?? `Read \`${programName} logs --name ${name}\`, then run up again.`,
      });
    }
    if (reload?.state === "waiting" && reload.reason !== undefined && !isTold) {
      isTold = true;
      output.note(
        `waiting: ${reload.reason}. Esc in the session's terminal ends it; Ctrl-C here ends the waiting alone`,
      );
    }
    if (answer === undefined && (await whyStopped()) !== undefined) return;
    if (performance.now() > end) {
      const why = reload?.reason ?? (answer === undefined ? "it did not answer" : `the session is ${answer.status}`);
      throw new WorkspaceError(`"${name}" has not taken its new settings within ${deadlineMs / 1000} s: ${why}`, {
        code: "START_TIMED_OUT",
        remedy: `Nothing is lost: ${leftToWrapper}. Run up again to wait for it, longer with --timeout SECONDS.`,
      });
    }
    await delay(pollMs, undefined, { signal });
  }
}
