import { ESLint } from "eslint";
import { beforeAll, expect, test } from "vitest";

// Only the rule in question, and without type information: a tiny source belongs to no TypeScript project.
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === "no-restricted-imports",
  overrideConfig: { languageOptions: { parserOptions: { project: false } } },
});

/** What ESLint says of a file of ours that imports `specifier`. */
async function complaintsOf(filePath: string, specifier: string): Promise<string[]> {
  const results = await eslint.lintText(`import {} from "${specifier}";\n`, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

// The first file costs what all share: the configuration, its plugins and TypeScript's parser.
beforeAll(() => eslint.lintText("", { filePath: "core/src/x.ts" }), 60_000);

test.each([
  ["core/src/x.ts", "@codex-workspace/api"],
  ["core/src/x.ts", "@codex-workspace/agent-wrapper/image"],
  ["core/src/x.ts", "../../api/src/index.ts"],
  ["api/src/x.ts", "@codex-workspace/core"],
  ["client/src/x.ts", "@codex-workspace/core/json-bounds"],
  ["client/src/x.ts", "@codex-workspace/core"],
  ["scripted-model/src/x.ts", "@codex-workspace/core"],
  ["agent-wrapper/src/x.ts", "@codex-workspace/client"],
  ["agent-wrapper/src/x.ts", "@codex-workspace/scripted-model"],
  ["agent-wrapper/image/x.ts", "codex-workspace"],
  ["agent-wrapper/src/codex/x.ts", "../session/session.ts"],
  ["agent-wrapper/src/codex/x.ts", "../http/app.ts"],
  ["agent-wrapper/src/codex/x.ts", "@codex-workspace/client"],
  ["agent-wrapper/src/session/x.ts", "../http/app.ts"],
  ["agent-wrapper/src/session/x.ts", "@codex-workspace/client"],
  ["gateway/src/x.ts", "@codex-workspace/agent-wrapper/image"],
  ["core/src/x.ts", "@codex-workspace/gateway"],
  ["cli/src/x.ts", "@codex-workspace/agent-wrapper"],
  ["cli/src/commands/x.ts", "../../../core/src/index.ts"],
  ["provisioning/src/x.ts", "@codex-workspace/client"],
  ["pulumi/src/x.ts", "@codex-workspace/client"],
  ["pulumi/src/x.ts", "codex-workspace"],
  ["cdktf/src/x.ts", "@codex-workspace/pulumi"],
  ["core/src/x.ts", "@codex-workspace/pulumi"],
])("%s may not import %s", async (filePath, specifier) => {
  expect(await complaintsOf(filePath, specifier)).toHaveLength(1);
});

test.each([
  ["core/src/x.ts", "zod"],
  ["api/src/x.ts", "@codex-workspace/core/json-bounds"],
  ["core/src/plan/x.ts", "../spec/schema.ts"],
  ["client/src/x.ts", "@codex-workspace/api"],
  ["agent-wrapper/src/x.ts", "@codex-workspace/core"],
  ["agent-wrapper/src/x.ts", "@codex-workspace/api"],
  ["agent-wrapper/src/session/x.ts", "../codex/app-server.ts"],
  ["agent-wrapper/src/session/x.ts", "@codex-workspace/core"],
  ["agent-wrapper/src/http/x.ts", "../session/session.ts"],
  ["gateway/src/x.ts", "@codex-workspace/core"],
  ["cli/src/x.ts", "@codex-workspace/core"],
  ["cli/src/x.ts", "@codex-workspace/client"],
  ["cli/src/x.ts", "@codex-workspace/agent-wrapper/image"],
  ["cli/src/x.ts", "@codex-workspace/scripted-model/demo-program"],
  ["pulumi/src/x.ts", "@codex-workspace/core"],
  ["provisioning/src/x.ts", "@codex-workspace/gateway"],
  ["pulumi/src/x.ts", "@codex-workspace/provisioning"],
  ["core/src/x.test.ts", "@codex-workspace/api"],
])("%s may import %s", async (filePath, specifier) => {
  expect(await complaintsOf(filePath, specifier)).toEqual([]);
});
