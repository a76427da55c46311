import { expect, test } from "vitest";
import { keyShapeFault } from "./key-shape.ts";

const openAi = "https://api.openai.com/v1";

test.each([
  ['"sk-0123456789abcdefghij"', "quotes"],
  ["sk-0123456789 abcdefghij", "white space"],
  ["sk-0123456789–abcdefghij", "characters"],
  ['sk-0123456789"abcdefghij', "characters"],
  ["ghp_0123456789abcdefghij", "sk-"],
  ["sk-short", "8 characters"],
])("%s does not look like a key of OpenAI", (key, fault) => {
  expect(keyShapeFault(key, openAi)).toContain(fault);
  expect(keyShapeFault(key, openAi)).not.toContain(key);
});

test("a whole key looks like one, and other providers have keys of any kind", () => {
  expect(keyShapeFault("sk-0123456789abcdefghij", openAi)).toBeUndefined();
  expect(keyShapeFault("anything", "https://models.example.com/v1")).toBeUndefined();
  expect(keyShapeFault("any thing", "https://models.example.com/v1")).toBeDefined();
});
