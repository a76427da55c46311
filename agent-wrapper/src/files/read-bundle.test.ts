import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { localLayout, parseSpec, planWorkspace, renderFiles, Secret } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readBundle } from "./read-bundle.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bundle-"));
  const plan = planWorkspace(parseSpec({ systemPrompt: "Be brief.", env: { TOKEN: { env: "TOKEN" } } }), {
    name: "test",
    resolveSecret: ({ ...reference }) => new Secret(`value-of-${Object.values(reference).join("")}`),
    generatedToken: new Secret("token"),
  });
  for (const { path, content } of renderFiles(plan, localLayout(plan, { directory, codexProgram: "/codex" })).files) {
    await write(path, typeof content === "string" ? content : content.reveal());
  }
});
afterEach(() => rm(directory, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

test("a directory that agrees with its manifest is read, with the files that are there alone", async () => {
  const bundle = await readBundle(directory);
  expect(bundle).toMatchObject({ agentsMd: "Be brief.", projectAgentsMd: undefined, config: { name: "test" } });
  expect(bundle.secretEnvironment["TOKEN"]?.reveal()).toBe("value-of-TOKEN");
});

test.each([
  ["another file than the manifest says", "AGENTS.md", "Be br", /AGENTS\.md is not what manifest\.json says/],
  ["a secret of which half is written", "secrets/environment.json", '{"TOKEN":"val', /environment\.json is not what/],
  ["a manifest of which half is written", "manifest.json", '{"files":{"AGENTS.md', /manifest\.json is no JSON$/],
  ["a manifest that lacks a file", "manifest.json", '{"files":{}}', /manifest\.json does not name workspace\.json$/],
])("%s is refused", async (_what, path, text, message) => {
  await write(path, text);
  await expect(readBundle(directory)).rejects.toMatchObject({
    code: "WRAPPER_CONFIG_INVALID",
    message: expect.stringMatching(message) as string,
  });
});

test("tokens.json may change by itself", async () => {
  await write("tokens.json", "{}");
  await expect(readBundle(directory)).resolves.toMatchObject({ agentsMd: "Be brief." });
});
