import { expect, test } from "vitest";
import { nameOfDirectory } from "./workspace-name.ts";

test.each([
  ["/home/u/my-app", "my-app"],
  ["/home/u/My App (2)", "my-app-2"],
  ["/home/u/.dotfiles", "dotfiles"],
  ["/home/u/überprüfung", "uberprufung"],
  ["/home/u/---", "workspace"],
  ["/", "workspace"],
  [`/x/${"a".repeat(80)}`, "a".repeat(40)],
])("%s is called %s", (directory, name) => {
  expect(nameOfDirectory(directory)).toBe(name);
});
