import { expect, test } from "vitest";
import { maxPageCharacters, pageOf } from "./page-of.ts";

const entry = (text: string): object => ({ text });
const large = "x".repeat(maxPageCharacters * 0.4);
const huge = "x".repeat(maxPageCharacters * 2);

test.each([
  ["fewer than the limit", ["a", "b"], 3, ["a", "b"], undefined],
  ["as many as the limit", ["a", "b"], 2, ["a", "b"], undefined],
  ["more than the limit", ["a", "b", "c"], 2, ["a", "b"], "b"],
  ["none", [], 2, [], undefined],
  ["entries that are too large together", [large, large, large], 5, [large, large], large],
  ["an entry that is too large alone", [huge, "b"], 5, [huge], huge],
  ["a huge entry that is the last one", [huge], 5, [huge], undefined],
  ["a huge entry behind a small one", ["a", huge], 5, ["a"], "a"],
])("a page of %s", (_, found, limit, shown, last) => {
  const page = pageOf(found, limit, entry);
  expect([page.shown.length, page.last?.length]).toEqual([shown.length, last?.length]);
});
