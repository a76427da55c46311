import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import type { ReachedWorkspace } from "./reach-workspace.ts";

/** The prompt that was given; `-` is standard input. */
export async function readPrompt({ stdin }: CliContext, given: string): Promise<string> {
  const content = given === "-" ? await text(stdin) : given;
  if (content.trim() !== "") return content;
  throw new WorkspaceError("the prompt is empty", {
    code: "USAGE",
    remedy: "Send one with more than white space.",
  });
}

/** Waits for the end of a turn; says meanwhile when Codex waits for a person. */
export async function watched<T>(workspace: ReachedWorkspace, turn: Promise<T>, context: CliContext): Promise<T> {
  const ended = new AbortController();
  const watching = sayWhenAttentionIsWanted(workspace, context, AbortSignal.any([ended.signal, context.signal]));
  try {
    return await turn;
  } finally {
    ended.abort();
    await watching;
  }
}

const watchPauseMs = 1_000;

/** A turn that waits for a person would otherwise look like one that takes long. */
async function sayWhenAttentionIsWanted(
  { client, option }: ReachedWorkspace,
  { output, programName }: CliContext,
  signal: AbortSignal,
): Promise<void> {
  let said = "";
  while (!signal.aborted) {
    await delay(watchPauseMs, undefined, { signal }).catch(() => undefined);
    // What is wrong with the connection, the prompt itself reports.
    const status = (await client.workspaceStatus({ signal }).catch(() => undefined))?.status ?? "";
    if (status.startsWith("awaiting") && status !== said) {
      output.note(
        `Codex waits for ${status === "awaiting_approval" ? "an approval" : "an answer"}: ${programName} attach ${option}`,
      );
    }
    said = status;
  }
}
