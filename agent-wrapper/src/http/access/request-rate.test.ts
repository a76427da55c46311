import { expect, test } from "vitest";
import { RequestRate } from "./request-rate.ts";

test("each may do something so often within a minute, and is told when to come again", () => {
  let now = 5_000;
  const rate = new RequestRate(2, () => now);
  expect([rate.take("ci"), rate.take("ci")]).toEqual([0, 0]);
  expect([rate.take("ci"), rate.take("page")]).toEqual([60, 0]);
  now += 59_500;
  expect(rate.take("ci")).toBe(1);
  now += 500;
  expect(rate.take("ci")).toBe(0);
});
