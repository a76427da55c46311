import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CODEX_PIN, type WorkspaceSpec } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { TestWorkspace } from "../support/workspace.ts";

const prompts: WorkspaceSpec = { systemPrompt: "GLOBAL-RULE.", projectSystemPrompt: { text: "PROJECT-RULE." } };

// Of the oldest and the newest Codex.
const codexes = (await testedCodexes()).filter(({ codexVersion }) => ["0.140.0", CODEX_PIN].includes(codexVersion));

for (const { codexVersion, codexProgram, without } of codexes) {
  test
    .skipIf(without !== "")
    .concurrent(
      `Codex ${codexVersion}${without}: a prompt that it does not read is a warning, one that it reads is none`,
      { timeout: 120_000 },
      async () => {
        await using workspace = await TestWorkspace.create({ codexProgram });
        const { codexHome, workdir } = workspace.layout;
        await Promise.all([codexHome, workdir].map((path) => mkdir(path, { recursive: true })));
        /** Warnings, and which rules the model got: both have to agree. */
        const start = async (spec: WorkspaceSpec = {}): Promise<[string[], string[]]> => {
          await workspace.stop();
          await workspace.start({ codexVersion, continue: false, ...prompts, ...spec });
          await workspace.ready();
          await workspace.ask("hello");
          const asked = JSON.stringify(workspace.model.requests.findLast(({ purpose }) => purpose === "turn")?.body);
          const rules = ["GLOBAL-RULE", "PROJECT-RULE"].filter((rule) => asked.includes(rule));
          return [(await workspace.status())["warnings"] as string[], rules];
        };
        const project = expect.stringMatching(/^projectSystemPrompt does not reach the model/) as string;
        const global = expect.stringMatching(/^systemPrompt does not reach the model/) as string;
        const [ofProject, ofHome] = [workdir, codexHome].map((path) => join(path, "AGENTS.override.md"));

        expect(await start()).toEqual([[], ["GLOBAL-RULE", "PROJECT-RULE"]]);
        await writeFile(ofProject!, "Mine.\n");
        expect(await start()).toEqual([[project], ["GLOBAL-RULE"]]);
        await writeFile(ofHome!, "Mine too.\n");
        expect(await start()).toEqual([[global, project], []]);
        await Promise.all([rm(ofHome!), writeFile(ofProject!, "")]);
        const [warnings, rules] = await start();
        expect(warnings).toEqual(rules.includes("PROJECT-RULE") ? [] : [project]);

        await rm(ofProject!);
        expect(await start({ extraSettings: { project_doc_max_bytes: 0 } })).toEqual([
          expect.arrayContaining([project]) as string[],
          ["GLOBAL-RULE"],
        ]);
        await writeFile(join(workdir, "AGENTS.md"), `${"x".repeat(40_000)}\n`);
        expect(await start()).toEqual([
          expect.arrayContaining([expect.stringContaining("does not reach the model whole")]) as string[],
          ["GLOBAL-RULE"],
        ]);
      },
    );
}
