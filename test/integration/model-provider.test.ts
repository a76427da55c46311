import { describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { secretOf, TestWorkspace } from "../support/workspace.ts";

const apiKey = { env: "MODELS_KEY" };
const key = secretOf(apiKey).reveal();

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`the model provider with Codex ${codexVersion}${without}`, () => {
    test("is asked with the key in the header of the spec, its organisation and its query", async () => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      const queryParams = { "api-version": "2025-04-01-preview" };
      const azure = { apiKey, keyHeader: "api-key", organization: "org-1", queryParams } as const;
      await workspace.start({ codexVersion, modelProvider: { baseUrl: workspace.model.url, ...azure } });
      await workspace.ready();
      expect(await workspace.ask("hello")).toBe("Echo: hello");
      const [asked] = workspace.model.requests.filter(({ purpose }) => purpose === "turn");
      expect(asked?.headers).toMatchObject({ "api-key": key, "openai-organization": "org-1" });
      expect(asked?.headers).not.toHaveProperty("authorization");
      expect(asked?.query).toEqual(queryParams);
    });
  });
}
