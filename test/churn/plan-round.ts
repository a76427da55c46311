import { Random } from "../chaos/random.ts";

/** What a command is cut short in, after how long, and what is asked of the workspace afterwards. */
export interface Round {
  /** Whether the workspace runs when the round begins. */
  readonly from: "up" | "down";
  readonly command: "up" | "up, with another setting" | "down";
  /** When the command is killed; most have not ended by then. */
  readonly killAfterMs: number;
  /** Part of the workspace whose processes are all killed, beside. */
  readonly crash: { readonly container: (typeof crashing)[number]; readonly afterMs: number } | undefined;
  /** Whether it goes down before it comes up again. */
  readonly downFirst: boolean;
}

const crashing = ["", "-model-gateway", "-egress-proxy"] as const;

/** The same round for the same seed and number. */
export function planRound(seed: string, number: number): Round {
  const random = new Random(`${seed}/${number}`);
  const from = random.pick<Round["from"]>(["up", "down"]);
  const command =
    from === "down" ? "up" : random.pick<Round["command"]>(["down", "down", "up, with another setting", "up"]);
  return {
    from,
    command,
    killAfterMs: random.between(100, command === "down" ? 2_500 : 5_000),
    crash: random.chance(0.5) ? { container: random.pick(crashing), afterMs: random.between(0, 4_000) } : undefined,
    downFirst: random.chance(0.5),
  };
}
