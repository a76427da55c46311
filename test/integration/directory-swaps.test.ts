import { existsSync } from "node:fs";
import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { attach } from "../support/attached-terminal.ts";
import { testedCodexes } from "../support/codex-versions.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  describe.skipIf(without !== "")(`Codex ${codexVersion}${without}`, () => {
    let workspace: TestWorkspace;
    /** A file in CODEX_HOME that no session may make. */
    let trophy: string;
    afterEach(() => workspace[Symbol.asyncDispose]());

    /** A session "part" that works in the project's directory `part`. */
    async function startPart(): Promise<void> {
      workspace = await TestWorkspace.create({ codexProgram });
      trophy = join(workspace.layout.codexHome, "trophy");
      await mkdir(join(workspace.layout.workdir, "part"), { recursive: true });
      await workspace.start({ codexVersion });
      await workspace.ready();
      expect((await workspace.post("/v1/sessions", { name: "part", directory: "part" })).status).toBe(201);
    }

    async function run(command: string): Promise<Record<string, unknown>> {
      const { id } = await workspace.enqueue(`#model: run ${command}`, {}, "part");
      return workspace.ended(id, "part");
    }

    async function swap(): Promise<void> {
      const directory = join(workspace.layout.workdir, "part");
      await rename(directory, `${directory}.former`);
      await symlink(workspace.layout.codexHome, directory);
    }

    const inProject = (...path: string[]): string => join(workspace.layout.workdir, ...path);

    test("turn after turn writes the project, and nothing else", async () => {
      await startPart();
      for (const turn of ["first", "second", "third"]) {
        await run(`touch ${turn} ${inProject(turn)} ${trophy}`);
        expect([existsSync(inProject("part", turn)), existsSync(inProject(turn))]).toEqual([true, true]);
      }
      expect(existsSync(trophy)).toBe(false);
      // A directory that Codex trusts is one whose `.codex` it obeys.
      expect(await readFile(join(workspace.layout.codexHome, "config.toml"), "utf8")).not.toContain("trust_level");
    });

    test.each([
      ["the first turn", 0],
      ["the second turn", 1],
      ["the third turn", 2],
    ])("a directory swapped during %s opens nothing", async (_, earlier) => {
      await startPart();
      for (let turn = 0; turn < earlier; turn++) await run("true");
      const words = ["run touch began", "wait 2s", `run sh -c "touch ${trophy}; touch ${inProject("ran")}"`];
      const { id } = await workspace.enqueue(words.map((word) => `#model: ${word}`).join("\n"), {}, "part");
      await until(() => existsSync(inProject("part", "began")), "the turn to begin");
      await swap();
      await workspace.ended(id, "part");
      expect(existsSync(trophy)).toBe(false);
      expect(await run("true")).toMatchObject({ state: "failed" });
    });

    test.each([
      ["the first turn", 0],
      ["a later turn", 2],
    ])("a directory swapped before %s is typed in the terminal opens nothing", async (_, earlier) => {
      await startPart();
      for (let turn = 0; turn < earlier; turn++) await run("true");
      await swap();
      const terminal = await attach(workspace, "part");
      await until(() => terminal.shown().includes("›"), "the terminal to show its prompt");
      terminal.socket.send(Buffer.from(`#model: run sh -c "touch ${trophy}; touch ${inProject("ran")}"`));
      await until(() => terminal.shown().replaceAll(/\s/g, "").includes('ran"'), "the typed words on the screen");
      // Keys that come all at once are a paste.
      await delay(300);
      terminal.socket.send(Buffer.from("\r"));
      await until(() => existsSync(inProject("ran")), "the typed command to run");
      terminal.socket.close();
      expect(existsSync(trophy)).toBe(false);
    });
  });
}
