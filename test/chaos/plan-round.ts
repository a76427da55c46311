import type { Decision, WhenBusy } from "@codex-workspace/api";
import { Random } from "./random.ts";

export const lastingSessions = ["main", "second"] as const;

/** What is done in a round, at which moment of it. */
export type Deed = { readonly atMs: number } & (
  | { readonly do: "prompt"; readonly session: string; readonly input: string; readonly whenBusy: WhenBusy }
  /** Over AgentAPI, which knows no Idempotency-Key. */
  | { readonly do: "message"; readonly content: string }
  | { readonly do: "interrupt" | "cancel" | "pause"; readonly session: string }
  | { readonly do: "decide"; readonly session: string; readonly decision: Decision }
  | { readonly do: "fork"; readonly name: string; readonly input: string }
  | Fault
);

/** `machine`: everything at once, as when the container is killed. `command`: one that Codex runs. */
export type Fault =
  | { readonly do: "kill"; readonly what: "machine" | "wrapper" | "app-server" | "command" }
  | { readonly do: "stop wrapper" }
  | { readonly do: "fill disk"; readonly forMs: number }
  | { readonly do: "freeze app-server"; readonly forMs: number }
  | { readonly do: "jump clock" };

/** Until here a round's deeds begin. */
const loadMs = 500;

/** The deeds of a round, earliest first: the same for the same seed and number. */
export function planRound(seed: string, number: number): readonly Deed[] {
  const random = new Random(`${seed}/${number}`);
  const at = (): number => random.between(0, loadMs);
  const session = (): string => random.pick(lastingSessions);
  const prompts = Array.from({ length: random.between(2, 5) }, (_, nth): Deed => {
    const input = inputOf(`prompt ${number}.${nth}.`, random);
    const whenBusy = random.pick<WhenBusy>(["queue", "queue", "queue", "steer", "interrupt", "reject"]);
    return { do: "prompt", atMs: at(), session: session(), input, whenBusy };
  });
  const decision = random.pick<Decision>(["accept", "accept", "decline", "cancel"]);
  const others: readonly (readonly [probability: number, deed: Deed])[] = [
    [0.3, { do: "message", atMs: at(), content: `message ${number}.` }],
    [0.3, { do: "interrupt", atMs: at(), session: session() }],
    [0.3, { do: "cancel", atMs: at(), session: session() }],
    [0.2, { do: "pause", atMs: at(), session: session() }],
    [0.5, { do: "decide", atMs: at(), session: session(), decision }],
    [0.2, { do: "fork", atMs: at(), name: `fork-${number}`, input: `forked ${number}.` }],
  ];
  const deeds = [...prompts, ...others.flatMap(([probability, deed]) => (random.chance(probability) ? [deed] : []))];
  const faults = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => faultOf(random));
  return [...deeds, ...faults].sort((one, other) => one.atMs - other.atMs);
}

/** A prompt that says what the model shall do, and has a text of its own. */
function inputOf(text: string, random: Random): string {
  const directives = random.pick([
    [],
    [],
    ["wait 80ms"],
    ["run echo done"],
    ["run sleep 0.3"],
    ["run-escalated echo asked"],
    ["run-escalated echo asked", "run echo and-then"],
    ["stream 20 chunks every 10ms"],
    ["hang"],
  ]);
  return [...directives.map((directive) => `#model: ${directive}`), text].join("\n");
}

function faultOf(random: Random): Deed {
  const atMs = random.between(0, loadMs);
  const fault = random.pick<Fault>([
    { do: "kill", what: "machine" },
    { do: "kill", what: "machine" },
    { do: "kill", what: "wrapper" },
    { do: "kill", what: "wrapper" },
    { do: "kill", what: "app-server" },
    { do: "kill", what: "app-server" },
    { do: "kill", what: "command" },
    { do: "stop wrapper" },
    { do: "fill disk", forMs: random.between(20, 300) },
    { do: "freeze app-server", forMs: random.between(20, 2_000) },
    { do: "jump clock" },
  ]);
  return { ...fault, atMs };
}
