import { execFile } from "node:child_process";
import { closeSync, existsSync, openSync, readSync, realpathSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { type CodexArch, codexIntegrity, WorkspaceError } from "@codex-workspace/core";

export interface CodexProgramOptions {
  /** The pin. */
  readonly version: string;
  /** `false`: it is that of PATH, and nothing is installed. */
  readonly install: boolean;
  /** Where versions are kept that had to be installed. */
  readonly cache: string;
  /** PATH, and what npm needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly note: (text: string) => void;
}

/** Rust's names of the platforms that Codex is published for. */
const targets: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

export interface CodexProgram {
  readonly path: string;
  readonly installed: boolean;
}

/**
 * Where the native Codex of exactly that version is: beside us in a node_modules, else in the cache, installed or not. Or
 * where that of PATH is, of whatever version.
 *
 * @throws WorkspaceError `CODEX_MISSING` where Codex is not published for this platform
 */
export function locateCodexProgram({
  version,
  install,
  cache,
  env,
}: Pick<CodexProgramOptions, "version" | "install" | "cache" | "env">): CodexProgram {
  const platform = `${process.platform}-${process.arch}`;
  const target = targets[platform];
  if (target === undefined) {
    throw new WorkspaceError(`Codex is not published for ${platform}`, {
      code: "CODEX_MISSING",
      remedy: "Use --engine docker, where it runs on Linux.",
    });
  }
  const programBelow = (directory: string): string => join(directory, "vendor", target, "bin", "codex");
  if (!install) {
    const onPath = findOnPath(env["PATH"] ?? "", platform, programBelow);
    return { path: onPath ?? "codex", installed: onPath !== undefined };
  }
  const beside = findBeside(version, platform);
  const candidates = [beside, join(cache, version, "node_modules", "@openai", "codex")]
    .filter((directory) => directory !== undefined)
    .map(programBelow);
  const found = candidates.find((path) => existsSync(path));
  return { path: found ?? candidates.at(-1) ?? "", installed: found !== undefined };
}

/**
 * The native Codex of exactly that version: one that is installed beside us, else one that we install into the cache; or
 * that of PATH.
 *
 * @throws WorkspaceError `CODEX_MISSING`, and of PATH `CODEX_VERSION_MISMATCH`
 */
export async function requireCodexProgram(options: CodexProgramOptions): Promise<string> {
  const located = locateCodexProgram(options);
  if (!options.install) return requirePinned(located, options);
  if (located.installed) return located.path;
  const { version, cache } = options;
  const release = `${version}-${process.platform}-${process.arch}`;
  await install(release, join(cache, version), options);
  const { path, installed } = locateCodexProgram(options);
  if (installed) return path;
  throw new WorkspaceError(`@openai/codex@${release} holds no native program where we know to look`, {
    code: "CODEX_MISSING",
    remedy: "Choose a codexVersion that this release is tested with.",
  });
}

async function requirePinned({ path, installed }: CodexProgram, options: CodexProgramOptions): Promise<string> {
  const { version, env, signal } = options;
  const wanted = `npm install --global @openai/codex@${version}`;
  if (!installed) {
    throw new WorkspaceError("the spec has installCodex = false, and PATH has no Codex with its native program", {
      code: "CODEX_MISSING",
      remedy: `Install it (\`${wanted}\`), or leave installCodex out.`,
    });
  }
  const { stdout } = await promisify(execFile)(path, ["--version"], { env: npmEnvironment(env), signal }).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw new WorkspaceError(`the Codex of PATH, ${path}, does not run: ${(cause as Error).message}`, {
        code: "CODEX_MISSING",
        remedy: `Install it again (\`${wanted}\`), or leave installCodex out.`,
        cause,
      });
    },
  );
  const found = /^codex(?:-cli)? (\S+)/m.exec(stdout)?.[1] ?? stdout.trim();
  if (found === version) return path;
  throw new WorkspaceError(`the Codex of PATH, ${path}, is ${found}; the workspace is pinned to ${version}`, {
    code: "CODEX_VERSION_MISMATCH",
    remedy: `Set codexVersion to "${found}", or install the other (\`${wanted}\`).`,
  });
}

/** The first `codex` of PATH; npm's launcher is a script, and the program is in the platform's package. */
function findOnPath(path: string, platform: string, programBelow: (directory: string) => string): string | undefined {
  const found = path
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, "codex"))
    .find((file) => existsSync(file));
  if (found === undefined) return undefined;
  const file = realpathSync(found);
  if (!startsAsScript(file)) return file;
  const manifest = resolveFrom(file, `@openai/codex-${platform}/package.json`);
  const program = manifest && programBelow(dirname(manifest));
  return program !== undefined && existsSync(program) ? program : undefined;
}

function startsAsScript(file: string): boolean {
  const descriptor = openSync(file, "r");
  try {
    const start = Buffer.alloc(2);
    readSync(descriptor, start);
    return start.toString("latin1") === "#!";
  } finally {
    closeSync(descriptor);
  }
}

/** The directory of the platform's package in a node_modules around us, where it has that version. */
function findBeside(version: string, platform: string): string | undefined {
  const launcher = resolveFrom(import.meta.url, "@openai/codex/package.json");
  const manifest = launcher && resolveFrom(launcher, `@openai/codex-${platform}/package.json`);
  if (manifest === undefined) return undefined;
  const { version: found } = createRequire(manifest)(manifest) as { version?: string };
  return found === `${version}-${platform}` ? dirname(manifest) : undefined;
}

function resolveFrom(file: string, specifier: string): string | undefined {
  try {
    return createRequire(file).resolve(specifier);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

/** Into a directory beside it first, so that no half of an installation is ever found. */
async function install(version: string, directory: string, { env, signal, note }: CodexProgramOptions): Promise<void> {
  const began = performance.now();
  note(`installing @openai/codex@${version} from npm (about 400 MB unpacked, once)`);
  const temporary = `${directory}.${process.pid}`;
  await mkdir(temporary, { recursive: true });
  try {
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
    await promisify(execFile)("npm", ["install", "--prefix", temporary, ...flags, `@openai/codex@${version}`], {
      // An .npmrc of the directory that we are called in is not ours.
      cwd: temporary,
      env: npmEnvironment(env),
      signal,
    });
    await requireIntegrity(version, temporary);
    await rename(temporary, directory).catch(ignoreExisting);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof WorkspaceError ? error : installFailed(version, error as ExecError);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  note(`installed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** npm has checked what it got against the registry; we check what the registry said. */
async function requireIntegrity(version: string, directory: string): Promise<void> {
  const [release = version] = version.split("-");
  const known = process.platform === "linux" ? codexIntegrity(release, process.arch as CodexArch) : undefined;
  if (known === undefined) return;
  const lock = JSON.parse(await readFile(join(directory, "node_modules", ".package-lock.json"), "utf8")) as {
    packages: Record<string, { integrity?: string }>;
  };
  const found = lock.packages["node_modules/@openai/codex"]?.integrity;
  if (found === known) return;
  throw new WorkspaceError(`@openai/codex@${version} from this npm registry is ${String(found)}, expected ${known}`, {
    code: "CODEX_MISSING",
    remedy: "Ask who runs the registry: what it serves is not what was published.",
  });
}

interface ExecError extends Error {
  readonly code?: string | number;
  readonly stderr?: string;
}

function installFailed(version: string, cause: ExecError): WorkspaceError {
  if (cause.code === "ENOENT") {
    return new WorkspaceError("npm is not on PATH, which installs Codex for the local engine", {
      code: "CODEX_MISSING",
      remedy: "Install npm (it comes with Node), or use --engine docker.",
      cause,
    });
  }
  const said = (cause.stderr ?? cause.message).trim().split("\n").slice(0, 5).join("\n");
  return new WorkspaceError(`@openai/codex@${version} could not be installed: ${said}`, {
    code: "CODEX_MISSING",
    remedy:
      "Check that npm reaches its registry (`npm ping`) and that the version exists (`npm view @openai/codex versions`).",
    cause,
  });
}

/** npm needs its own settings and nobody's keys. */
function npmEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/_API_KEY$/i.test(name)));
}

/** Another `up` was quicker: its copy is as good as ours. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
}
