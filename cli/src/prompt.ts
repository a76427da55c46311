import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, type Prompt, type PromptInput } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import { followTurn, type FollowOptions } from "./follow-turn.ts";
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

/**
 * Sends a prompt and waits until it has ended, however it ended. Meanwhile it shows what runs, and says when Codex waits for a
 * person. Ctrl-C ends the waiting alone, and says so.
 *
 * @throws WorkspaceError `SESSION_BUSY`, `INTERRUPTED`
 */
export async function runPrompt(
  workspace: ReachedWorkspace,
  request: PromptInput,
  context: CliContext,
  options: FollowOptions,
): Promise<Prompt> {
  const { signal } = context;
  const ended = new AbortController();
  const following = AbortSignal.any([ended.signal, signal]);
  const watching = Promise.all([
    sayWhenAttentionIsWanted(workspace, context, following),
    followTurn(workspace.client.session(), context.output, { ...options, signal: following }),
  ]);
  try {
    return await workspace.client.session().runPrompt(request, { signal });
  } catch (error) {
    if (signal.aborted) throw goesOn(workspace, context);
    throw asBusy(workspace, error);
  } finally {
    ended.abort();
    await watching;
  }
}

/** A refusal in the words of this command line. */
export function asBusy({ name, option }: ReachedWorkspace, error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== "SESSION_BUSY") return error;
  const [why = ""] = error.message.split(":");
  return new WorkspaceError(`"${name}" is busy: ${why}`, {
    code: "SESSION_BUSY",
    remedy: `Send it with --queue (after the turn), --steer (into the turn) or --interrupt (instead of the turn); or end the turn: codex-workspace interrupt ${option}`,
    cause: error,
  });
}

function goesOn({ name, option }: ReachedWorkspace, { programName, signal }: CliContext): WorkspaceError {
  return new WorkspaceError(`interrupted: the prompt goes on in "${name}"`, {
    code: "INTERRUPTED",
    remedy: `Read its answer with \`${programName} messages ${option}\`, or end its turn with \`${programName} interrupt ${option}\`.`,
    cause: signal.reason,
  });
}

/** @throws WorkspaceError `TURN_FAILED`, `TURN_INTERRUPTED` */
export function requireCompleted({ state, error = "Codex does not say why", failure }: Prompt): void {
  if (state === "completed") return;
  if (state === "failed") {
    throw new WorkspaceError(`the turn failed: ${failure === undefined ? error : `${failure.code}: ${error}`}`, {
      code: "TURN_FAILED",
      remedy:
        failure?.remedy ?? "Mend what Codex names; `codex-workspace logs` and `codex-workspace messages` have more.",
    });
  }
  throw new WorkspaceError(`the prompt was ${state} before its turn came to an end`, {
    code: "TURN_INTERRUPTED",
    remedy: "Read how far it came with `codex-workspace messages`, then send a prompt that goes on from there.",
  });
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
