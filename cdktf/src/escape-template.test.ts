import { expect, test } from "vitest";
import { escapeTemplate } from "./escape-template.ts";

test("what would begin an expression or a directive is escaped, and nothing else", () => {
  expect(escapeTemplate("${HOME} $${x} %{ if a } %%{ b }")).toBe("$${HOME} $$${x} %%{ if a } %%%{ b }");
  const plain = "100% of $5, $HOME, {} and %s\n";
  expect(escapeTemplate(plain)).toBe(plain);
});

test("a token of CDKTF stays, whatever it stands beside", () => {
  expect(escapeTemplate("${${TfToken[TOKEN.1]} $${TfToken[TOKEN.2]}")).toBe(
    "$${${TfToken[TOKEN.1]} $${TfToken[TOKEN.2]}",
  );
});
