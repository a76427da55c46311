import { mkdir, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { CODEX_PIN } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { createCodexFolders } from "../support/codex.ts";
import { askAppServer } from "../support/codex-judge.ts";
import { testedCodexes } from "../support/codex-versions.ts";
import { TestWorkspace } from "../support/workspace.ts";

const readOnly = 'default_permissions = ":read-only"\n';
const defined = '[permissions.mine]\nextends = ":read-only"\n';

async function write(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
}

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`Codex ${codexVersion}${without}`, () => {
    test("a sandbox mode replaces a permission profile", async () => {
      await using folders = await createCodexFolders("http://127.0.0.1:9/v1");
      const config = join(folders.home, "config.toml");
      const sandboxWith = async (params: object): Promise<unknown> => {
        const run = { cwd: folders.project, env: folders.env, stdio: "pipe" } as const;
        const { result } = await askAppServer(spawn(codexProgram, ["app-server"], run), "thread/start", params);
        return (result as { sandbox: { type: string } }).sandbox.type;
      };
      await writeFile(config, readOnly);
      expect(await sandboxWith({})).toBe("readOnly");
      expect(await sandboxWith({ sandbox: "workspace-write" })).toBe("workspaceWrite");
    });

    test("a session does not start with a permission profile in CODEX_HOME/config.toml", async () => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      const { codexHome } = workspace.layout;
      await write(codexHome, "config.toml", readOnly);
      await workspace.start({ codexVersion });
      expect(await workspace.failed()).toContain(`${codexHome}/config.toml sets default_permissions`);
    });
  });
}

describe(`Codex ${CODEX_PIN}`, () => {
  test.each([
    ["default_permissions", readOnly],
    ["permissions", defined],
  ])("a session does not start with %s in a trusted project", async (key, text) => {
    await using workspace = await TestWorkspace.create();
    const folder = join(workspace.layout.workdir, ".codex");
    await write(folder, "config.toml", text);
    await workspace.start({ trustProject: true });
    expect(await workspace.failed()).toContain(`${folder}/config.toml sets ${key}`);
    await workspace.stop();
    await workspace.start();
    await workspace.ready();
  });

  test("a session's config sets no permission profile", async () => {
    await using workspace = await TestWorkspace.start();
    const create = (config: object): Promise<{ status: number; body: Record<string, unknown> }> =>
      workspace.post("/v1/sessions", { config });
    for (const config of [
      { default_permissions: ":read-only" },
      { permissions: { mine: { extends: ":read-only" } } },
      { "permissions.mine.extends": ":read-only" },
    ]) {
      const { status, body } = await create(config);
      expect([status, body["code"]]).toEqual([422, "SESSION_REFUSED"]);
      expect(body["detail"]).toContain(Object.keys(config)[0]?.split(".")[0]);
    }
    expect((await create({ model_reasoning_effort: "low" })).status).toBe(201);
  });
});
