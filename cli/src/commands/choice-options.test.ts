import { Command } from "commander";
import { expect, test } from "vitest";
import { choiceOptions } from "./choice-options.ts";

/** The options of a command line, as a command gets them. */
function parsed(...words: readonly string[]): Record<string, unknown> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const create of Object.values(choiceOptions)) command.addOption(create());
  return command.parse([...words], { from: "user" }).opts();
}

test.each([
  ["http://127.0.0.1:3284", "http://127.0.0.1:3284"],
  ["https://Example.com/agents/a//", "https://example.com/agents/a"],
])("--url %s is %s", (given, url) => {
  expect(parsed("--url", given)).toEqual({ url });
});

test.each([
  ["ftp://example.com", /begins with http/],
  ["127.0.0.1:3284", /begins with http/],
  ["", /begins with http/],
  ["http://x:t0ken@example.com", /--token-file/],
  ["http://example.com/?ticket=1", /nothing after its path/],
  ["http://example.com/#a", /nothing after its path/],
])("--url %s is refused", (given, message) => {
  expect(() => parsed("--url", given)).toThrow(message);
});

test("--url and --name exclude each other", () => {
  expect(() => parsed("--url", "http://127.0.0.1:3284", "--name", "app")).toThrow(/cannot be used with/);
});
