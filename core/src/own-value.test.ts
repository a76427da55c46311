import { expect, test } from "vitest";
import { ownValue } from "./own-value.ts";

test("finds own keys alone", () => {
  const record = JSON.parse('{"a": 1, "__proto__": 2}') as Record<string, number>;
  expect(ownValue(record, "a")).toBe(1);
  expect(ownValue(record, "__proto__")).toBe(2);
  for (const name of Object.getOwnPropertyNames(Object.prototype)) expect(ownValue({}, name)).toBeUndefined();
});
