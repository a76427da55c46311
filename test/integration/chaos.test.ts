import { randomBytes } from "node:crypto";
import { test } from "vitest";
import { runCampaign } from "../chaos/campaign.ts";

const seed = randomBytes(4).toString("hex");

// `node test/chaos/main.ts --seed SEED --first N --rounds 1` repeats a round that failed; `--rounds 1000` runs for long.
test(`40 rounds of work and harm with seed ${seed}: nothing is lost, nothing is done twice`, { timeout: 300_000 }, () =>
  runCampaign({ seed, rounds: 40 }),
);
