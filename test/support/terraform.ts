import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const standIn = fileURLToPath(new URL("docker-provider/terraform.ts", import.meta.url));

/** As the published bindings of the provider pin it. */
const address = "registry.terraform.io/kreuzwerker/docker";
const version = "3.6.2";

/** The path of Terraform, or why tests cannot use it here. */
export async function findTerraform(): Promise<{ readonly program: string } | { readonly without: string }> {
  const program = await onPath("terraform");
  return program === undefined ? { without: "there is no terraform command" } : { program };
}

/** One resource of a plan. */
export interface ResourceChange {
  readonly address: string;
  readonly change: {
    /** `["no-op"]`, `["create"]`, `["update"]`, `["delete", "create"]`, … */
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    /** What replaces it: paths. */
    readonly replace_paths?: readonly (readonly string[])[];
  };
}

export interface TerraformPlan {
  readonly resource_changes?: readonly ResourceChange[];
}

/** A folder with a configuration, its state, and a Docker provider; `destroy` and then all of it is removed at the end. */
export class TestTerraform implements AsyncDisposable {
  readonly directory: string;
  /** Which Docker provider runs: the real one where PATH has it. */
  readonly provider: string;
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #process: ChildProcess | undefined;
  #printed = "";

  private constructor(directory: string, program: string, provider: DockerProvider) {
    this.directory = directory;
    this.provider = provider.name;
    this.#process = provider.process;
    this.#program = program;
    this.#env = {
      ...process.env,
      ...provider.env,
      TF_DATA_DIR: join(directory, ".terraform"),
      TF_IN_AUTOMATION: "1",
      TF_INPUT: "0",
      CHECKPOINT_DISABLE: "1",
    };
  }

  /**
   * @param terraform - what `findTerraform` found
   * @param env - for the configuration: `{ TF_VAR_model_key: "…" }`
   */
  static async create(terraform: string, env: Readonly<Record<string, string>> = {}): Promise<TestTerraform> {
    const directory = await mkdtemp(join(tmpdir(), "codex-workspace-terraform-"));
    const real = await onPath("terraform-provider-docker");
    const provider = real === undefined ? await startStandIn(directory) : await mirrorOf(real, directory);
    return new TestTerraform(directory, terraform, { ...provider, env: { ...provider.env, ...env } });
  }

  /** Writes a file of the configuration. @param configuration - in Terraform's JSON */
  async write(configuration: object, file = "main.tf.json"): Promise<void> {
    await writeFile(join(this.directory, file), JSON.stringify(configuration));
  }

  init(): Promise<string> {
    return this.#run("init");
  }

  validate(): Promise<string> {
    return this.#run("validate");
  }

  /** What `apply` would do. */
  async plan(): Promise<TerraformPlan> {
    await this.#run("plan", "-out=plan");
    return JSON.parse(await this.#run("show", "-json", "plan")) as TerraformPlan;
  }

  apply(): Promise<string> {
    return this.#run("apply", "-auto-approve");
  }

  destroy(): Promise<string> {
    return this.#run("destroy", "-auto-approve");
  }

  async outputs(): Promise<Readonly<Record<string, { readonly value: unknown; readonly sensitive: boolean }>>> {
    return JSON.parse(await this.#run("output", "-json")) as Awaited<ReturnType<TestTerraform["outputs"]>>;
  }

  /** The state as it is stored. */
  state(): Promise<string> {
    return readFile(join(this.directory, "terraform.tfstate"), "utf8");
  }

  /** All that Terraform has printed. */
  get printed(): string {
    return this.#printed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.destroy();
    } finally {
      if (this.#process !== undefined) {
        this.#process.stdin?.end();
        await once(this.#process, "exit");
      }
      await rm(this.directory, { recursive: true });
    }
  }

  /** What it prints. A failure has it in its message. */
  async #run(...args: readonly string[]): Promise<string> {
    const options = { cwd: this.directory, env: this.#env, maxBuffer: 64 * 1024 * 1024 };
    try {
      const { stdout, stderr } = await run(this.#program, [...args, "-no-color"], options);
      this.#printed += stdout + stderr;
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      this.#printed += stdout + stderr;
      throw new Error(`terraform ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  }
}

interface DockerProvider {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly process?: ChildProcess;
}

/** Terraform finds a provider that runs already by its address, and `init` takes it for installed. */
async function startStandIn(directory: string): Promise<DockerProvider> {
  const child = spawn(process.execPath, [standIn], { cwd: directory, stdio: ["pipe", "pipe", "inherit"] });
  const [port] = (await once(createInterface(child.stdout), "line")) as [string];
  const reattach = {
    Protocol: "grpc",
    ProtocolVersion: 6,
    Pid: child.pid,
    Test: true,
    Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
  };
  const env = {
    TF_CLI_CONFIG_FILE: await writeCliConfig(directory, ""),
    TF_REATTACH_PROVIDERS: JSON.stringify({ [address]: reattach }),
  };
  return { name: "the stand-in of the tests", env, process: child };
}

/** A mirror of one provider: `init` installs it as it would the published one. */
async function mirrorOf(program: string, directory: string): Promise<DockerProvider> {
  const { arch, platform } = process;
  const mirror = join(directory, "mirror");
  const folder = join(mirror, address, version, `${platform}_${arch === "x64" ? "amd64" : arch}`);
  await mkdir(folder, { recursive: true });
  await symlink(program, join(folder, basename(program)));
  const installation = `provider_installation { filesystem_mirror { path = ${JSON.stringify(mirror)} } }`;
  return { name: program, env: { TF_CLI_CONFIG_FILE: await writeCliConfig(directory, installation) } };
}

/** Nobody's own configuration counts. */
async function writeCliConfig(directory: string, content: string): Promise<string> {
  const file = join(directory, "terraform.rc");
  await writeFile(file, content);
  return file;
}

async function onPath(command: string): Promise<string | undefined> {
  return run("which", [command]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
