import { expect, test } from "vitest";
import { Template } from "./template.ts";

const template = new Template([
  { text: "in-place-of-name", expression: "var.name", variables: ["name"] },
  {
    text: '"in-place-of-model"',
    expression: "jsonencode(var.model)",
    variables: ["model"],
    lineIf: "var.model != null",
  },
  { text: "in-place-of-hash", expression: "local.hash", variables: [] },
]);

test("a variable comes in the place of what stands for it, and the rest arrives as it is", () => {
  expect(template.text("a ${b} in-place-of-name %{ if c }\n")).toBe("a $${b} ${var.name} %%{ if c }\n");
});

test("a line that is there for some values alone is there if they are", () => {
  expect(template.text('first\nmodel = "in-place-of-model" # of in-place-of-name\nlast')).toBe(
    "first\n%{ if var.model != null }model = ${jsonencode(var.model)} # of ${var.name}\n%{ endif }last",
  );
});

test("the hash of a text is another one when the text is, or a variable that it depends on", () => {
  const plain = template.hash("a");
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(template.hash("b")).not.toBe(plain);
  expect(template.hash('in-place-of-name "in-place-of-model" in-place-of-hash')).toMatch(
    /^\$\{sha256\(jsonencode\(\["[0-9a-f]{64}", var\.name, var\.model\]\)\)\}$/,
  );
});
