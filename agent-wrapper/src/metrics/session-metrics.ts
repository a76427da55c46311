import type { SessionEventData, SessionEventType } from "@codex-workspace/api";
import { Counter, Histogram, type Registry } from "prom-client";
import type { EventLog, LoggedEvent } from "../session/event-log.ts";

export interface SessionCounts {
  readonly events: EventLog;
  readonly sessions: { readonly all: readonly { readonly name: string; readonly model: string | undefined }[] };
}

/** Labels, and what Codex calls them. */
const tokenKinds = {
  input: "inputTokens",
  cached_input: "cachedInputTokens",
  output: "outputTokens",
  reasoning_output: "reasoningOutputTokens",
} as const;

type Data<T extends SessionEventType> = SessionEventData[T];

/** Turns, approvals and tokens, as the sessions' events tell them. No label is a session's name: there may be many. */
export function countSessionEvents(registry: Registry, { events, sessions }: SessionCounts): void {
  const registers = [registry];
  const turns = new Counter({
    name: "codex_workspace_turns_total",
    help: "Turns that have ended.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of ["completed", "failed", "interrupted"]) turns.inc({ outcome }, 0);
  const durations = new Histogram({
    name: "codex_workspace_turn_duration_seconds",
    help: "From a turn's start to its end, waiting for approvals included.",
    buckets: [1, 3, 10, 30, 60, 180, 600, 1800, 3600],
    registers,
  });
  const approvals = new Counter({
    name: "codex_workspace_approvals_total",
    help: "What Codex asked and waits for no more.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const tokens = new Counter({
    name: "codex_workspace_tokens_total",
    help: "Tokens of turns that have ended; cached_input is a part of input, reasoning_output of output.",
    labelNames: ["kind", "model"],
    registers,
  });

  /** When the turns that run began, on the clock that nobody sets. */
  const began = new Map<string, number>();

  const count: { [T in SessionEventType]?: (session: string, data: Data<T>) => void } = {
    "turn/started": (_, { turnId }) => void began.set(turnId, performance.now()),
    "turn/completed": (session, { turn }) => {
      turns.inc({ outcome: turn.status });
      const start = began.get(turn.id);
      if (start !== undefined) durations.observe((performance.now() - start) / 1000);
      began.delete(turn.id);
      if (turn.usage === undefined) return;
      const model = sessions.all.find(({ name }) => name === session)?.model ?? "unknown";
      for (const [kind, field] of Object.entries(tokenKinds)) tokens.inc({ kind, model }, turn.usage[field]);
    },
    "approval/resolved": (_, { approval: { kind, state, decision = state } }) =>
      approvals.inc({ kind, outcome: decision }),
  };
  events.on("event", ({ session, type, data }: LoggedEvent) => {
    const take = count[type] as ((session: string, data: unknown) => void) | undefined;
    take?.(session, JSON.parse(data));
  });
}
