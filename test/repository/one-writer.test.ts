import { ESLint } from "eslint";
import { beforeAll, expect, test } from "vitest";

const rules = ["no-restricted-syntax", "no-console"];
// Only these rules, and without type information: a tiny source belongs to no TypeScript project.
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => rules.includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
});

async function complaintsOf(code: string, filePath: string): Promise<number> {
  const results = await eslint.lintText(`${code}\n`, { filePath });
  return results.flatMap(({ messages }) => messages).length;
}

beforeAll(() => eslint.lintText("", { filePath: "cli/src/x.ts" }), 60_000);

test.each([
  "process.stdout.write(text);",
  "process.stderr.write(text);",
  "context.stdout.write(text);",
  "stdout.write(text);",
  "stderr.end(text);",
  "console.log(text);",
  "console.error(text);",
])("the command line may not write past its output: %s", async (code) => {
  expect(await complaintsOf(code, "cli/src/commands/x.ts")).toBe(1);
});

test.each([
  ["context.output.result(text);", "cli/src/commands/x.ts"],
  ["await context.output.part(text);", "cli/src/commands/x.ts"],
  ["stdout.write(bytes);", "cli/src/commands/attach.ts"],
])("%s in %s", async (code, filePath) => {
  expect(await complaintsOf(code, filePath)).toBe(0);
});
