import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inputPaths } from "../../test-support/input-paths.ts";
import { parseToml } from "../config/toml-table.ts";
import { parseSpec } from "./parse-spec.ts";
import { notInForce } from "./schema.ts";

const page = readFileSync(new URL("../../../docs/spec.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| `([\w.]+)` +\|.*\| (`[^`]+`(?:<br>`[^`]+`)*) +\|$/gm)].map(
  ([, path = "", lines = ""]) => [path, lines.slice(1, -1).replaceAll("`<br>`", "\n")] as const,
);

test("docs/spec.md has a row for every input, and for nothing else", () => {
  expect(rows.map(([path]) => path)).toEqual(inputPaths());
});

test.each(rows)("the example of %s is a spec: %s", (path, example) => {
  const spec = parseSpec(parseToml(example, { layer: path }));
  expect(spec).toHaveProperty(path.split("."));
});

test("the whole example is a spec", () => {
  const [, text = ""] = /```toml\n([\s\S]*?)```/.exec(page) ?? [];
  expect(Object.keys(parseSpec(parseToml(text, { layer: "docs/spec.md" })))).not.toHaveLength(0);
});

test("the example of what is not in force is right, and refused for that alone", () => {
  const [, text = ""] = /^## Not in force yet[^]*?```toml\n([^]*?)```/m.exec(page) ?? [];
  const spec = parseToml(text, { layer: "docs/spec.md" });
  expect(Object.keys(spec).sort()).toEqual([...notInForce].sort());
  expect(() => parseSpec(spec)).toThrow(expect.objectContaining({ code: "SPEC_NOT_IN_FORCE" }));
});
