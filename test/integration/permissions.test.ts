import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CODEX_PIN, type WorkspaceSpec } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { TestWorkspace, until } from "../support/workspace.ts";

/** Makes a directory beside the project, with a file in it. */
async function directoryOf(workspace: TestWorkspace, name: string): Promise<string> {
  const directory = join(workspace.directory, name);
  await mkdir(directory);
  await writeFile(join(directory, "key"), "canary-5d1e");
  return directory;
}

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`Codex ${codexVersion}${without}`, () => {
    test("commands can do what the permission profile allows, and nothing else", async () => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      const [cache, keys] = [await directoryOf(workspace, "cache"), await directoryOf(workspace, "keys")];
      const start = async (permissions: WorkspaceSpec["permissions"]): Promise<unknown> => {
        await workspace.stop();
        await workspace.start({ codexVersion, permissions });
        await workspace.ready();
        return (await workspace.status())["threadId"];
      };
      const reach = `#model: run curl -sS --max-time 5 -o /dev/null -w "answered %{http_code}" ${workspace.model.url}`;
      const key = `#model: run cat ${join(keys, "key")}`;

      const filesystem = { [cache]: "write", [keys]: "deny" } as const;
      const thread = await start({ extends: ":workspace", filesystem });
      expect(await workspace.mayWrite("inside")).toBe(true);
      expect(await workspace.mayWrite(join(cache, "allowed"))).toBe(true);
      expect(await workspace.mayWrite("../outside")).toBe(false);
      expect(await workspace.ask(key)).not.toContain("canary");
      expect(await workspace.ask(reach)).not.toMatch(/answered [2-5]/);

      expect(await start({ filesystem: { [cache]: "write" }, networkAccess: true })).toBe(thread);
      expect(await workspace.mayWrite("refused")).toBe(false);
      expect(await workspace.mayWrite(join(cache, "allowed-again"))).toBe(true);
      expect(await workspace.ask(key)).toContain("canary");
      expect(await workspace.ask(reach)).toMatch(/answered [2-5]/);

      expect(await start(":read-only")).toBe(thread);
      expect(await workspace.mayWrite("refused-too")).toBe(false);
      expect(await workspace.mayWrite(join(cache, "refused"))).toBe(false);
    });
  });
}

describe(`Codex ${CODEX_PIN}`, () => {
  test(":workspace writes the project, :danger-full-access writes outside it", async () => {
    await using workspace = await TestWorkspace.create();
    const cache = await directoryOf(workspace, "cache");
    await workspace.start({ permissions: ":workspace" });
    await workspace.ready();
    expect(await workspace.mayWrite("inside")).toBe(true);
    expect(await workspace.mayWrite(join(cache, "refused"))).toBe(false);
    await workspace.stop();
    await workspace.start({ permissions: ":danger-full-access" });
    await workspace.ready();
    expect(await workspace.mayWrite(join(cache, "allowed"))).toBe(true);
  });

  test("sessions, forks and terminals have the profile, and a sandbox of their own replaces it", async () => {
    await using workspace = await TestWorkspace.create();
    const cache = await directoryOf(workspace, "cache");
    const profiles = { look: { sandbox_mode: "read-only" } };
    await workspace.start({ permissions: { filesystem: { [cache]: "write" } }, profiles });
    await workspace.ready();
    const mayWrite = async (session: string, path: string): Promise<boolean> => {
      const { id } = await workspace.enqueue(`#model: run touch ${path}`, {}, session);
      await workspace.ended(id, session);
      return existsSync(path);
    };
    await mkdir(join(workspace.layout.workdir, "part"));
    for (const settings of [
      { name: "own" },
      { name: "part", directory: "part" },
      { name: "wide", sandbox: "workspace-write" },
      { name: "look", profile: "look" },
    ])
      expect((await workspace.post("/v1/sessions", settings)).status).toBe(201);
    expect((await workspace.post("/v1/sessions/own/fork", { name: "fork" })).status).toBe(201);
    const inside = (name: string): string => join(workspace.layout.workdir, name);
    for (const name of ["own", "part", "fork"]) {
      expect(await mayWrite(name, join(cache, name))).toBe(true);
      expect(await mayWrite(name, inside(`by-${name}`))).toBe(false);
    }
    expect(await mayWrite("wide", inside("wide"))).toBe(true);
    expect(await mayWrite("wide", join(workspace.directory, "wide"))).toBe(false);
    expect(await mayWrite("look", join(cache, "look"))).toBe(false);

    const screen = await workspace.followScreen();
    await until(() => screen().includes("›"), "the terminal to show its prompt");
    await workspace.typePrompt("#model: run touch typed", screen);
    await until(async () => (await workspace.messages()).length >= 3, "the answer");
    await workspace.stable();
    expect(existsSync(inside("typed"))).toBe(false);
    expect(await mayWrite("main", inside("main"))).toBe(false);
    expect(await mayWrite("main", join(cache, "main"))).toBe(true);
  });

  test("a session does not start where a file defines another profile of that name", async () => {
    await using workspace = await TestWorkspace.create();
    const cache = await directoryOf(workspace, "cache");
    const permissions = { extends: ":workspace" } as const;
    await workspace.start({ permissions, trustProject: true });
    await workspace.ready();
    const configToml = join(workspace.layout.codexHome, "config.toml");
    const ours = await readFile(configToml, "utf8");
    const profile = /default_permissions = "([^"]+)"/.exec(ours)?.[1] ?? "";
    expect(ours).not.toContain("sandbox_mode");
    await workspace.stop();
    const wider = `[permissions.${profile}.filesystem]\n"${cache}" = "write"\n`;
    for (const file of [configToml, join(workspace.layout.workdir, ".codex", "config.toml")]) {
      await mkdir(join(file, ".."), { recursive: true });
      const before = file === configToml ? ours : "";
      await writeFile(file, `${before}\n${wider}`);
      await workspace.start({ permissions, trustProject: true });
      expect(await workspace.failed()).toContain(`${file} sets permissions`);
      await workspace.stop();
      await writeFile(file, before);
    }
    // A sandbox mode of the repository replaces nothing.
    const repository = join(workspace.layout.workdir, ".codex", "config.toml");
    await writeFile(repository, 'sandbox_mode = "danger-full-access"\napproval_policy = "never"\n');
    await workspace.start({ permissions, trustProject: true });
    await workspace.ready();
    expect(await workspace.mayWrite(join(cache, "refused"))).toBe(false);
  });
});
