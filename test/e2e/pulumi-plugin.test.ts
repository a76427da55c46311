import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { npmInstall, packPackages } from "../support/packed-packages.ts";
import { lowestPeers, newestPeers } from "../support/peer-versions.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { WorkspaceHttp } from "../support/workspace-http.ts";

const run = promisify(execFile);
const found = await findPulumi();
const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
if (reason !== undefined) console.warn(`SKIPPED test/e2e/pulumi-plugin.test.ts: ${reason}`);

/** The package and the packages of this repository that it depends on. */
const packages = ["core", "scripted-model", "agent-wrapper", "gateway", "provisioning", "pulumi"];
const docs = await readFile(fileURLToPath(new URL("../../docs/pulumi.md", import.meta.url)), "utf8");

/** The match of the first group in docs/pulumi.md. */
function documented(pattern: RegExp): string {
  const [, text] = pattern.exec(docs) ?? [];
  if (text === undefined) throw new Error(`docs/pulumi.md has no ${String(pattern)}`);
  return text;
}

describe.skipIf(reason !== undefined)("the Pulumi plugin of an installed package", () => {
  const alias = documented(/^npm install (\S+)@npm:@codex-workspace\/pulumi\b/m);
  const source = documented(/^pulumi package add (\S+)$/m);
  const workspaceName = `pulumi-${randomBytes(4).toString("hex")}`;
  const token = `canary-token-${randomBytes(8).toString("hex")}`;
  const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
  const args = {
    workspaceName,
    demoModel: true,
    image: { build: { baseImage, nodeImage, extraCaCertificates } },
    api: { port: 0, token },
  };
  let folder: string;
  /** Pulumi's CLI rejects an absolute path to it: the CLI takes `@` for the start of a version. */
  let program: string;

  beforeAll(async () => {
    process.env["PATH"] = await pathWithoutPlugin();
    folder = await mkdtemp(join(tmpdir(), "codex-workspace-plugin-"));
    program = join(folder, "team@company", "program");
    await mkdir(program, { recursive: true });
    const archives = await packPackages(packages, folder);
    const { "@codex-workspace/pulumi": component = "", ...others } = Object.fromEntries(archives);
    await writeFile(join(program, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npmInstall(program, [
      ...[`${alias}@file:${component}`, ...Object.values(others)],
      ...(await lowestPeers("pulumi")),
    ]);
    await writeFile(join(program, "Pulumi.yaml"), "name: program\nruntime: nodejs\nmain: index.js\n");
    await writeFile(join(program, "index.js"), programText(args));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    for (const line of await inventoryOf(workspaceName)) {
      const [kind = "", name = ""] = line.split(" ");
      await docker([kind, "rm", "--force", name]);
    }
  });

  /** Runs a command of Pulumi in the program's directory. */
  async function pulumi(...command: readonly string[]): Promise<string> {
    if ("without" in found) throw new Error(found.without);
    await using stack = await TestStack.ofFolder(found.program, program);
    const { pulumiHome: PULUMI_HOME, envVars } = stack.stack.workspace;
    const env = { ...process.env, ...envVars, PULUMI_HOME };
    const { stdout } = await run(found.program, [...command], { cwd: program, env });
    return stdout;
  }

  test("runs through a symbolic link", async () => {
    await symlink(join("node_modules", alias, "plugin"), join(program, "linked"));
    const { name } = JSON.parse(await pulumi("package", "get-schema", "./linked")) as { readonly name: string };
    expect(name).toBe("codex-workspace");
  });

  test("is added by the documented command, below a path with @", async () => {
    await pulumi("package", "add", source);
    expect(await readFile(join(program, "Pulumi.yaml"), "utf8")).toContain(`codex-workspace: ${source}\n`);
    const schema = await readFile(join(program, "sdks", "codex-workspace", "schema.json"), "utf8");
    expect(JSON.parse(schema)).toMatchObject({ name: "codex-workspace" });
  });

  test("makes the workspace of a colleague's checkout, and newer peers change nothing", async () => {
    if ("without" in found) return;
    const checkout = join(folder, "another@machine");
    await cp(program, checkout, { recursive: true, verbatimSymlinks: true });
    await rm(program, { recursive: true });
    await using stack = await TestStack.ofFolder(found.program, checkout);
    const { outputs } = await stack.stack.up();
    const http = new WorkspaceHttp(String(outputs["url"]?.value), token);
    expect(await http.ask("Hello from a package")).toContain("Hello from a package");

    await npmInstall(checkout, await newestPeers("pulumi"));
    const { same, ...changes } = (await stack.stack.preview()).changeSummary;
    expect([same! > 0, changes]).toEqual([true, {}]);
  });
});

/** PATH without the plugin of this checkout, so that Pulumi.yaml alone leads to a plugin. */
async function pathWithoutPlugin(): Promise<string> {
  const directories = [dirname(process.execPath), ...(process.env["PATH"] ?? "").split(delimiter)];
  const found = await Promise.all(
    directories.map((directory) =>
      access(join(directory, "pulumi-resource-codex-workspace")).then(
        () => [],
        () => [directory],
      ),
    ),
  );
  return found.flat().join(delimiter);
}

/** A program that declares the workspace as generated packages do: the engine has a plugin make it. */
function programText(args: object): string {
  return `
import * as pulumi from "@pulumi/pulumi";
const args = ${JSON.stringify(args)};
const api = { ...args.api, token: pulumi.secret(args.api.token) };
class CodexWorkspace extends pulumi.ComponentResource {
  constructor(name, args) {
    super("codex-workspace:index:CodexWorkspace", name, { ...args, url: undefined }, { version: "0.1.0" }, true);
  }
}
export const url = new CodexWorkspace("agent", { ...args, api }).url;
`;
}
