import { randomBytes } from "node:crypto";
import { describe, test } from "vitest";
import { runChurn } from "../churn/campaign.ts";
import { withoutDocker } from "../support/docker.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/churn.test.ts: ${reason}`);

const seed = randomBytes(4).toString("hex");

describe.skipIf(reason !== undefined)("a workspace whose commands are killed", () => {
  // `node test/churn/main.ts --seed SEED --first N --rounds 1` repeats a round that failed; `--rounds 20` runs for long.
  test(`3 rounds with seed ${seed}: the next up works, nothing said is lost, and in the end nothing is left`, () =>
    runChurn({ seed, rounds: 3 }));
});
