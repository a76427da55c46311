import { ESLint } from "eslint";
import { expect, test } from "vitest";

// Without type information: a tiny source belongs to no TypeScript project.
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === "no-restricted-syntax",
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
});

async function complaintsOf(filePath: string, statement: string): Promise<string[]> {
  const results = await eslint.lintText(`${statement} from "zod";\n`, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

test.each(["core/src/x.ts", "api/src/x.ts", "agent-wrapper/src/session/x.ts", "scripted-model/src/x.ts"])(
  "%s imports the names of zod, not the object with all its languages",
  async (filePath) => {
    expect(await complaintsOf(filePath, "import * as z")).toEqual([]);
    for (const statement of ["import { z }", "import z", "import { z as zod }", "import { default as z }"])
      expect(await complaintsOf(filePath, statement), statement).toEqual([expect.stringContaining("import * as z")]);
  },
  60_000,
);
