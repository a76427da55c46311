import type { WhenBusy } from "@codex-workspace/api";
import type { StoredPrompt } from "./prompt-store.ts";

/** What Codex is doing, as far as it decides on the next prompt. */
export interface Situation {
  /** The turn that runs; into one that is ending nothing is sent. */
  readonly turn: { readonly id: string; readonly ending: boolean } | undefined;
  /** Codex runs no turn and its own queue is empty: what is sent now begins a turn. */
  readonly idle: boolean;
  readonly paused: boolean;
  /** No turn is begun, whatever a prompt wants. */
  readonly held: boolean;
}

export type Step =
  | { readonly kind: "start"; readonly prompt: StoredPrompt }
  | { readonly kind: "steer"; readonly prompt: StoredPrompt; readonly turnId: string }
  | { readonly kind: "interrupt" };

/** What to do next for the prompts that wait, oldest first; nothing where they have to wait on. */
export function nextStep(queued: readonly StoredPrompt[], { turn, idle, paused, held }: Situation): Step | undefined {
  const first = (wants: WhenBusy): StoredPrompt | undefined => queued.find(({ request }) => request.whenBusy === wants);
  if (turn !== undefined) {
    if (turn.ending) return undefined;
    const steering = first("steer");
    if (steering !== undefined) return { kind: "steer", prompt: steering, turnId: turn.id };
    return first("interrupt") === undefined ? undefined : { kind: "interrupt" };
  }
  if (!idle || held) return undefined;
  const urgent = queued.find(({ request }) => request.whenBusy !== "queue");
  const prompt = urgent ?? (paused ? undefined : queued[0]);
  return prompt === undefined ? undefined : { kind: "start", prompt };
}
