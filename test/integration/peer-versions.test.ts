import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npmInstall, packPackages } from "../support/packed-packages.ts";
import { lowestPeers, newestPeers } from "../support/peer-versions.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const packages = ["core", "scripted-model", "agent-wrapper", "gateway", "provisioning", "pulumi", "cdktf"];

const registry = await run("npm", ["view", "zod", "name", "--fetch-retries=0", "--fetch-timeout=10000"]).then(
  () => "answers",
  () => "does not answer",
);
const without = registry === "answers" ? "" : " (SKIPPED: the npm registry does not answer)";

/** A program that runs the example with the mocks of Pulumi, as unit tests of a user do. */
const mockedExample = `
import * as pulumi from "@pulumi/pulumi";
const newResource = ({ name, inputs }) => ({ id: name, state: inputs });
await pulumi.runtime.setMocks({ call: () => ({}), newResource });
pulumi.runtime.setAllConfig({ "project:apiToken": "token" }, ["project:apiToken"]);
const { codexVersion } = await import("./pulumi-minimal/index.ts");
codexVersion.apply((version) => console.log(version));
`;

/** TypeScript reports an error where it finds no error below `@ts-expect-error`. */
const mistakenPrograms = `
import * as cdktf from "@codex-workspace/cdktf";
import * as pulumi from "@codex-workspace/pulumi";
export const args: pulumi.CodexWorkspaceArgs = {
  api: { token: { env: "TOKEN" } },
  // @ts-expect-error: not a sandbox mode.
  sandboxMode: "open",
};
export const props: cdktf.CodexWorkspaceProps = {
  api: { token: { env: "TOKEN" } },
  // @ts-expect-error: not a sandbox mode.
  sandboxMode: "open",
};
`;

describe.skipIf(without !== "")(`peer dependencies${without}`, () => {
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp("/var/tmp/codex-workspace-peers-");
    const archives = [...(await packPackages(packages, root)).values()];
    await Promise.all(Object.entries({ lowest: lowestPeers, newest: newestPeers }).map(install));

    async function install([end, peersOf]: [string, typeof lowestPeers]): Promise<void> {
      const folder = join(root, end);
      await mkdir(folder);
      await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
      await npmInstall(folder, [...archives, ...(await peersOf("pulumi")), ...(await peersOf("cdktf"))]);
      for (const example of ["pulumi-minimal", "pulumi-platform-template", "cdktf-minimal"]) {
        await cp(join(repository, "examples", example), join(folder, example), { recursive: true });
      }
    }
  }, 180_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  describe.each(["lowest", "newest"])("of the %s versions", (end) => {
    let folder: string;
    beforeAll(() => {
      folder = join(root, end);
    });

    test("type-check the examples, and a mistake in one", async () => {
      await writeFile(join(folder, "mistaken.ts"), mistakenPrograms);
      const files = [
        "pulumi-minimal/index.ts",
        "pulumi-platform-template/index.ts",
        "cdktf-minimal/index.ts",
        "mistaken.ts",
      ];
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--exactOptionalPropertyTypes"];
      const modules = ["--module", "nodenext", "--target", "es2024", "--allowImportingTsExtensions"];
      const types = ["--types", "node", "--typeRoots", join(repository, "node_modules", "@types")];
      const tsc = join(repository, "node_modules", ".bin", "tsc");
      await run(tsc, [...options, ...modules, ...types, ...files], { cwd: folder });
    });

    test("bring no native addon of the wrapper", async () => {
      const installed = await readdir(join(folder, "node_modules"));
      expect(installed).toContain("@pulumi");
      expect(installed.filter((name) => ["node-pty", "pino", "@xterm"].includes(name))).toEqual([]);
    });

    test("run the Pulumi example with mocks", async () => {
      await writeFile(join(folder, "mocked.js"), mockedExample);
      const { stdout, stderr } = await run(process.execPath, ["mocked.js"], { cwd: folder });
      expect([stdout.trim(), stderr]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/), ""]);
    });

    test("synthesize the CDKTF example", async () => {
      const directory = join(folder, "cdktf-minimal");
      await writeFile(join(directory, "api-token.txt"), "0".repeat(64));
      const { OPENAI_API_KEY: _, ...env } = process.env;
      await run(process.execPath, ["index.ts"], { cwd: directory, env });
      const json = await readFile(join(directory, "cdktf.out", "stacks", "minimal", "cdk.tf.json"), "utf8");
      expect(JSON.parse(json)).toHaveProperty(["resource", "docker_container"]);
    });
  });
});
