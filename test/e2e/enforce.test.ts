import { spawn } from "node:child_process";
import { chown, mkdir, writeFile } from "node:fs/promises";
import {
  configFiles,
  containerLayout,
  containerPaths,
  parseSpec,
  planWorkspace,
  renderFiles,
  Secret,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { buildContext } from "@codex-workspace/agent-wrapper/image";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliRun, TestCli } from "../support/cli.ts";
import { askAppServer } from "../support/codex-judge.ts";
import { testedCodexes } from "../support/codex-versions.ts";
import { runDocker, testLabel, withoutDocker } from "../support/docker.ts";
import { removeImages, testImage, testImageBuild, testImageInputs } from "../support/image.ts";
import { WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/enforce.test.ts: ${reason}`);

const codexes = reason === undefined ? await testedCodexes() : [];
const name = `enforce-test-${process.pid}`;
const enforce = {
  sandboxModes: ["read-only", "workspace-write"],
  approvalPolicies: ["on-request"],
  approvalsReviewers: ["user"],
} as const;

/** A file that no sandbox lets the agent write. */
const outside = "/home/codex/outside";
const loose = 'sandbox_mode = "danger-full-access"\\napproval_policy = "never"\\n';
const exec = `codex exec --skip-git-repo-check '#model: run touch ${outside}'`;

/** What somebody tries as the agent's user, whose CODEX_HOME and project they may write: shell scripts. */
const attempts = {
  "the flag --sandbox": `${exec} --sandbox danger-full-access`,
  "the flag that bypasses approvals and sandbox": `${exec} --dangerously-bypass-approvals-and-sandbox`,
  "an override on the command line": `${exec} -c sandbox_mode='"danger-full-access"'`,
  "a permission profile on the command line": `${exec} -c default_permissions='":danger-full-access"'`,
  "a profile": `printf '${loose}' > ~/.codex/loose.config.toml; ${exec} --profile loose`,
  "a repository's config.toml": `mkdir -p .codex; printf '${loose}' > .codex/config.toml; ${exec}; rm -r .codex`,
  "a config.toml edited by hand": `cd ~/.codex; cp config.toml mine; sed -i 's/workspace-write/danger-full-access/' config.toml; cd /workspace; ${exec}; mv ~/.codex/mine ~/.codex/config.toml`,
  "a thread's own settings": appServer({ start: { sandbox: "danger-full-access" } }),
  "a thread's own permission profile": appServer({ start: { permissions: ":danger-full-access" } }),
  "a prompt's own permission profile": appServer({ turn: { permissions: ":danger-full-access" } }),
  "a prompt's own settings": appServer({ turn: { sandboxPolicy: { type: "dangerFullAccess" } } }),
};

/** Starts a thread and a turn of its own app-server, as any client may; ends with the turn, or where it is refused. */
function appServer({ start = {}, turn = {} }: { start?: object; turn?: object }): string {
  const program = `
    const { spawn } = require("node:child_process");
    const { createInterface } = require("node:readline");
    const child = spawn("codex", ["app-server"], { stdio: ["pipe", "pipe", "inherit"] });
    const send = (frame) => child.stdin.write(JSON.stringify(frame) + "\\n");
    const input = [{ type: "text", text: "#model: run touch ${outside}", text_elements: [] }];
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, method, result, error } = JSON.parse(line);
      if (id === 2 && result) send({ id: 3, method: "turn/start", params: { threadId: result.thread.id, input, ...${JSON.stringify(turn)} } });
      if (error || method === "warning" || method === "turn/completed") console.log(line);
      if (error || method === "turn/completed") child.kill();
    });
    send({ id: 1, method: "initialize", params: { clientInfo: { name: "anybody", title: null, version: "1" }, capabilities: { experimentalApi: true } } });
    send({ method: "initialized" });
    send({ id: 2, method: "thread/start", params: { cwd: "/workspace", ...${JSON.stringify(start)} } });`;
  return `node - <<'PROGRAM'\n${program}\nPROGRAM`;
}

describe.skipIf(reason !== undefined)("enforce", () => {
  let cli: TestCli;
  let workspace: WorkspaceHttp;

  beforeAll(async () => {
    cli = await TestCli.create("docker");
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
  });
  afterAll(() => cli[Symbol.asyncDispose]());

  async function up(spec: WorkspaceSpec): Promise<void> {
    await writeFile(cli.path("spec.json"), JSON.stringify({ image: { build: testImageBuild }, ...spec }));
    const { url, token } = await cli.up([name, "--spec", cli.path("spec.json"), "--name", name]);
    workspace = new WorkspaceHttp(String(url), String(token));
  }

  /** Whether the file is there after what the script tries, and what was said. */
  async function attempt(script: string): Promise<{ written: boolean; said: string }> {
    const shell = ["exec", "--user", "1000", "--workdir", "/workspace", "-i", `codex-workspace-${name}`, "sh", "-c"];
    const { stdout, stderr } = await runDocker([...shell, `rm -f ${outside}; timeout 60 sh -c "$(cat)"`], script);
    const { exitCode } = await runDocker([...shell, `test -e ${outside}`]);
    return { written: exitCode === 0, said: `${stdout}\n${stderr}` };
  }

  describe("rendered", () => {
    const mount = (source: string, target: string): string[] => ["--volume", `${source}:${target}:ro`];

    /** What Codex says that it enforces, in the image, and with no other settings. */
    async function requirements(codexProgram: string, ...mounts: readonly string[]): Promise<unknown> {
      const container = ["run", "--rm", "-i", "--label", testLabel, "--network", "none", "--user", "1000", ...mounts];
      const program = [...mount(codexProgram, "/codex"), "--entrypoint", "/codex", await testImage()];
      const appServer = spawn("docker", [...container, ...program, "app-server", "--strict-config"], { stdio: "pipe" });
      const { result, warnings } = await askAppServer(appServer, "configRequirements/read", {});
      expect(warnings).toEqual([]);
      return (result as { requirements: unknown }).requirements;
    }

    for (const { codexVersion, codexProgram, without } of codexes) {
      test.skipIf(without !== "")(`is what Codex ${codexVersion} takes for it${without}`, async () => {
        const plan = planWorkspace(parseSpec({ enforce }), {
          name,
          resolveSecret: () => new Secret("a-secret"),
          generatedToken: new Secret("a-token"),
        });
        const file = renderFiles(plan, containerLayout(plan)).files.find(
          ({ path }) => path === configFiles.requirements,
        );
        const rendered = cli.path("requirements.toml");
        await writeFile(rendered, String(file?.content));
        const planned = mount(rendered, `${containerPaths.config}/${configFiles.requirements}`);
        expect(await requirements(codexProgram, ...planned)).toMatchObject({
          allowedSandboxModes: enforce.sandboxModes,
          allowedApprovalPolicies: enforce.approvalPolicies,
          allowedApprovalsReviewers: enforce.approvalsReviewers,
        });
        expect(await requirements(codexProgram)).toBeNull();
      });
    }
  });

  describe("in force", () => {
    beforeAll(() => up({ trustProject: true, enforce }));

    test("what it allows works as ever", async () => {
      expect(await workspace.ask("#model: run touch inside && echo written")).toContain("written");
      expect((await workspace.status())["warnings"]).toEqual([]);
    });

    test.each(Object.entries(attempts))("%s does not get past it", async (_, script) => {
      const { written, said } = await attempt(script);
      expect(said).toContain("/etc/codex/requirements.toml");
      expect(written).toBe(false);
    });

    test("root of the container cannot take it away", async () => {
      const { stderr } = await runDocker([
        ...["exec", "--user", "0", `codex-workspace-${name}`, "sh", "-c"],
        "rm /etc/codex/requirements.toml; echo > /etc/codex/requirements.toml",
      ]);
      expect(stderr.match(/Read-only file system/g)).toHaveLength(2);
    });
  });

  describe("not asked for", () => {
    beforeAll(() => up({ trustProject: true }));

    test.each(Object.entries(attempts))("%s does what it says", async (_, script) => {
      const { written, said } = await attempt(script);
      expect(said).not.toContain("/etc/codex/requirements.toml");
      expect(written, said).toBe(true);
    });
  });

  test("a spec that goes beyond its own enforce is refused, and the running workspace stays", async () => {
    await writeFile(
      cli.path("spec.json"),
      JSON.stringify({
        image: { build: testImageBuild },
        enforce,
        extraSettings: { sandbox_mode: "danger-full-access" },
      }),
    );
    const args = ["up", name, "--spec", cli.path("spec.json"), "--name", name, "--engine", "docker", "--port", "0"];
    const { code, stderr } = await cli.run(args);
    expect(code).not.toBe(0);
    expect(stderr).toContain("extraSettings.sandbox_mode: is ");
    expect(stderr).toContain("enforce.sandboxModes allows only");
    expect(await workspace.ask("#model: say still there")).toBe("still there");
  });

  describe("with an image that does not link requirements.toml into our configuration", () => {
    const other = `${name}-other`;
    const made: string[] = [];
    afterAll(() => removeImages(made));

    /** Brings a workspace up with an image that a set-up changed. */
    async function upWith(command: string, spec: WorkspaceSpec): Promise<CliRun> {
      const setupScript = `#!/bin/sh\n: ${other}\n${command}\n`;
      made.push(buildContext({ ...testImageInputs, setupScript }).tag);
      await writeFile(
        cli.path("other.json"),
        JSON.stringify({ image: { build: { ...testImageBuild, setupScript } }, ...spec }),
      );
      await mkdir(cli.path(other), { recursive: true });
      await chown(cli.path(other), 1000, 1000);
      return cli.run([
        "up",
        other,
        "--spec",
        cli.path("other.json"),
        "--name",
        other,
        "--engine",
        "docker",
        "--port",
        "0",
      ]);
    }

    test.each([
      [
        "another one",
        "rm /etc/codex/requirements.toml; echo '# theirs' > /etc/codex/requirements.toml",
        "is another one",
      ],
      ["none", "rm /etc/codex/requirements.toml", "does not exist"],
    ])("%s: no session starts, and a workspace that enforces nothing does", async (_, command, why) => {
      const refused = await upWith(command, { enforce });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(`/etc/codex/requirements.toml ${why}`);
      expect(refused.stderr).toContain("leave `enforce` out");

      expect(await upWith(command, {})).toMatchObject({ code: 0 });
    });
  });
});
