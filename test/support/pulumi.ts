import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  LocalWorkspace,
  type LocalWorkspaceOptions,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../scripts/test-machine/pulumi", import.meta.url));

/** The path of the Pulumi CLI, or why tests cannot use it here. */
export async function findPulumi(): Promise<{ readonly program: string } | { readonly without: string }> {
  try {
    const { stdout } = await run(script);
    return { program: stdout.trim().split("\n").at(-1) ?? "" };
  } catch (error) {
    const { code, stdout = "" } = error as { code?: unknown; stdout?: string };
    if (code !== 3) throw error;
    return { without: stdout.trim() };
  }
}

/** A stack of its own state, with secrets under a passphrase; `destroy` and then all of it is removed at the end. */
export class TestStack implements AsyncDisposable {
  readonly stack: Stack;
  /** Which Docker provider runs: the real one where PATH has it. */
  readonly provider: string;
  readonly #directory: string;

  private constructor(stack: Stack, provider: string, directory: string) {
    this.stack = stack;
    this.provider = provider;
    this.#directory = directory;
  }

  /** A stack of a program that is a function. */
  static create(pulumi: string, projectName: string, program: PulumiFn): Promise<TestStack> {
    return TestStack.#create(pulumi, (options) =>
      LocalWorkspace.createStack({ stackName: "test", projectName, program }, options),
    );
  }

  /** A stack of a program that is a folder, as `pulumi up` in it has. */
  static ofFolder(pulumi: string, workDir: string): Promise<TestStack> {
    return TestStack.#create(pulumi, (options) => LocalWorkspace.createStack({ stackName: "test", workDir }, options));
  }

  static async #create(
    pulumi: string,
    createStack: (options: LocalWorkspaceOptions) => Promise<Stack>,
  ): Promise<TestStack> {
    const directory = await mkdtemp(join(tmpdir(), "codex-workspace-pulumi-"));
    const ours = join(directory, "bin");
    const provider = await requirePlugin("pulumi-resource-docker", "docker-provider/pulumi.ts", ours);
    await requirePlugin("pulumi-language-nodejs", "pulumi-language-host/main.ts", ours);
    // The Automation API looks for the CLI on the PATH of this process.
    process.env["PATH"] = [dirname(pulumi), ours, process.env["PATH"] ?? ""].join(delimiter);
    const state = join(directory, "state");
    await mkdir(state);
    const stack = await createStack({
      pulumiHome: join(directory, "home"),
      envVars: {
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "of-the-test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      },
    });
    return new TestStack(stack, provider, directory);
  }

  /** All that is stored of it, as it is stored. */
  async stored(): Promise<string> {
    const entries = await readdir(join(this.#directory, "state"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")))).join(
      "\n",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.destroy();
    await rm(this.#directory, { recursive: true });
  }
}

/** The plugin of this name: the one on PATH, else our stand-in for it, which is put into a folder. Says which. */
async function requirePlugin(name: string, standIn: string, directory: string): Promise<string> {
  const onPath = await run("which", [name]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (onPath !== undefined) return onPath;
  const program = fileURLToPath(new URL(standIn, import.meta.url));
  const file = join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(file, 0o755);
  return "the stand-in of the tests";
}
