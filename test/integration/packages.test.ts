import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npmInstall, packPackages } from "../support/packed-packages.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const packages = [
  "core",
  "api",
  "client",
  "scripted-model",
  "agent-wrapper",
  "gateway",
  "provisioning",
  "cli",
  "pulumi",
  "cdktf",
];

const registry = await run("npm", ["view", "zod", "name", "--fetch-retries=0", "--fetch-timeout=10000"]).then(
  () => "answers",
  () => "does not answer",
);
const without = registry === "answers" ? "" : " (SKIPPED: the npm registry does not answer)";

let folder: string;

describe.skipIf(without !== "")(`packed packages${without}`, () => {
  // What a user's `npm install` gets, in a folder that knows nothing of this repository.
  beforeAll(async () => {
    folder = await mkdtemp("/var/tmp/codex-workspace-packed-");
    const archives = await packPackages(packages, folder);
    expect(archives.size).toBe(packages.length);
    await npmInstall(folder, [...archives.values()]);
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ["@codex-workspace/core", "planWorkspace"],
    ["@codex-workspace/api", "messagesBodySchema"],
    ["@codex-workspace/client", "createClient"],
    ["@codex-workspace/scripted-model", "startScriptedModel"],
    ["@codex-workspace/agent-wrapper/image", "buildContext"],
    ["@codex-workspace/gateway", "gatewayBuildContext"],
    ["@codex-workspace/provisioning", "prepareWorkspace"],
    ["@codex-workspace/pulumi", "CodexWorkspace"],
    ["@codex-workspace/cdktf", "CodexWorkspace"],
  ])("%s can be imported", async (name, exported) => {
    const program = `console.log(typeof (await import(${JSON.stringify(name)}))[${JSON.stringify(exported)}])`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
    expect(stdout.trim()).toMatch(/^(function|object)$/);
  });

  test.each(["pulumi", "cdktf", "core", "client"])("%s is found by the module resolution of Node 10", async (name) => {
    const program = join(folder, `uses-${name}.ts`);
    await writeFile(
      program,
      `import * as found from "@codex-workspace/${name}";\nexport const names = Object.keys(found);\n`,
    );
    const resolution = ["--module", "commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "6.0"];
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--types", "node"];
    const tsc = join(repository, "node_modules", ".bin", "tsc");
    await run(tsc, [...resolution, ...options, "--typeRoots", join(repository, "node_modules", "@types"), program], {
      cwd: folder,
    });
  });

  test("Pulumi's plugin begins to serve", async () => {
    const plugin = spawn(join(folder, "node_modules", ".bin", "pulumi-resource-codex-workspace"));
    const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
    plugin.kill();
    await once(plugin, "exit");
    expect(port).toMatch(/^\d+$/);
  });

  test("no test, and nothing but what is needed, is in a package", async () => {
    const installed = await readdir(join(folder, "node_modules", "@codex-workspace"), { recursive: true });
    expect(installed.filter((file) => /\.test\.|__golden__|test-support|\.tsbuildinfo/.test(file))).toEqual([]);
  });

  test("the command line brings up a workspace and has a prompt answered", async () => {
    const environment = {
      PATH: process.env["PATH"],
      HOME: folder,
      TMPDIR: join(folder, "node_modules"),
      CODEX_WORKSPACE_STATE: join(folder, "state"),
      NODE_EXTRA_CA_CERTS: process.env["NODE_EXTRA_CA_CERTS"],
    };
    const cli = (...args: string[]): Promise<{ stdout: string }> =>
      run(join(folder, "node_modules", ".bin", "codex-workspace"), args, { cwd: folder, env: environment });
    await cli("up", "project", "--engine", "local", "--port", "0");
    try {
      expect((await cli("send", "#model: say from the package")).stdout).toBe("from the package\n");
    } finally {
      await cli("down", "--volumes");
    }
  }, 180_000);
});
