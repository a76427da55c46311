import { expect, test } from "vitest";
import { BuildStages } from "./build-stages.ts";

test("a build is a bar for a person, and a line for each stage in a log", () => {
  const stages = new BuildStages();
  const shown = [
    "Step 1/5 : ARG BASE_IMAGE",
    "Step 2/5 : FROM node:24 AS codex",
    " ---> 0123456789ab",
    "Step 3/5 : RUN npm ci",
    "added 3 packages",
    "Step 4/5 : FROM debian:bookworm-slim",
    "Step 5/5 : COPY --from=codex /a /b",
  ].map((line) => stages.step(line));

  expect(shown.map((step) => step?.stage)).toEqual([
    undefined,
    "step 2 of 5: stage codex, from node:24",
    undefined,
    undefined,
    undefined,
    "step 4 of 5: stage image, from debian:bookworm-slim",
    undefined,
  ]);
  expect(shown[0]?.bar).toBe("[                    ] 1/5 ARG BASE_IMAGE");
  expect(shown[3]?.bar).toBe("[########            ] 3/5 codex: RUN npm ci");
  expect(shown[6]?.bar).toBe("[################    ] 5/5 image: COPY --from=codex /a /b");
});
