import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret shows its value to nobody who does not ask by name", () => {
  const secret = new Secret("sk-do-not-print");
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ];
  for (const text of shown) expect(text).not.toContain("sk-do-not-print");
  expect(secret.reveal()).toBe("sk-do-not-print");
});
