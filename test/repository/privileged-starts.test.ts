import { ESLint } from "eslint";
import { beforeAll, expect, test } from "vitest";

// Only the rule in question, and without type information: a tiny source belongs to no TypeScript project.
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === "@typescript-eslint/no-restricted-imports",
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
});

async function complaintsOf(filePath: string, source: string): Promise<string[]> {
  const results = await eslint.lintText(source, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

// The first file costs what all share: the configuration, its plugins and TypeScript's parser.
beforeAll(() => eslint.lintText("", { filePath: "agent-wrapper/src/x.ts" }), 60_000);

test.each(["node:child_process", "child_process", "node-pty", "node:cluster"])(
  "the wrapper starts nothing with %s but through commandAs",
  async (specifier) => {
    const source = `import { spawn } from "${specifier}";\n`;
    for (const file of ["wrapper.ts", "files/users.ts", "codex/terminal.ts", "session/x.ts"])
      expect(await complaintsOf(`agent-wrapper/src/${file}`, source)).toHaveLength(1);
    expect(await complaintsOf("agent-wrapper/src/codex/spawn-as.ts", source)).toEqual([]);
  },
);

test("the wrapper may name their types", async () => {
  const source = 'import type { ChildProcess } from "node:child_process";\n';
  expect(await complaintsOf("agent-wrapper/src/codex/process-group.ts", source)).toEqual([]);
});
