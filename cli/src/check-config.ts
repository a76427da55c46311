import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  explainConfig,
  parseToml,
  type PlannedConfig,
  type Problem,
  renderKeyPath,
  renderToml,
  WorkspaceError,
} from "@codex-workspace/core";
import { inheritedEnvironment } from "./engines/local/environment.ts";

export interface CheckOptions {
  /** Codex's native program. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export type ConfigVerdict =
  { readonly kind: "accepted"; readonly strictly: boolean } | { readonly kind: "refused"; readonly problem: Problem };

/** config.toml, or as a profile changes it. */
type MergedConfig = Pick<PlannedConfig, "layers" | "table">;

const deadlineMs = 30_000;

/**
 * Lets Codex itself judge a configuration: its app-server reads it from an empty CODEX_HOME, finds its input at its
 * end, and leaves. A Codex before `--strict-config` overlooks keys that it does not know.
 */
export async function checkConfig(config: MergedConfig, options: CheckOptions): Promise<ConfigVerdict> {
  const text = renderToml(config.table);
  const strict = await judge(text, ["--strict-config"], options);
  if (strict === undefined) return { kind: "accepted", strictly: true };
  const isUnknownFlag = /unexpected argument '--strict-config'/.test(strict);
  const said = isUnknownFlag ? await judge(text, [], options) : strict;
  return said === undefined
    ? { kind: "accepted", strictly: false }
    : { kind: "refused", problem: toProblem(said, text, config) };
}

/** What Codex refuses, as an error. */
export function configRefused(version: string, problem: Problem): WorkspaceError {
  const { path, message } = problem;
  return new WorkspaceError(`Codex ${version} refuses the configuration: ${path}: ${message}`, {
    code: "CONFIG_REFUSED",
    remedy: "Correct that key in the spec; `codex-workspace config explain` says where each comes from.",
    problems: [problem],
  });
}

/** What Codex says against it, or nothing. */
async function judge(
  text: string,
  flags: readonly string[],
  { program, env, signal }: CheckOptions,
): Promise<string | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), "codex-workspace-check-"));
  try {
    const home = join(scratch, "codex-home");
    await mkdir(home);
    await writeFile(join(home, "config.toml"), text, { mode: 0o600 });
    return await new Promise((resolve, reject) => {
      const settings = {
        cwd: scratch,
        env: { ...inheritedEnvironment(env), HOME: scratch, CODEX_HOME: home },
        timeout: deadlineMs,
        signal,
      };
      const child = execFile(program, ["app-server", ...flags], settings, (error, _stdout, stderr) => {
        if (error === null) resolve(undefined);
        else if (signal.aborted) reject(signal.reason as Error);
        else if (typeof error.code === "number") resolve(stderr.replaceAll(join(home, "config.toml"), "config.toml"));
        else reject(new Error(`Codex did not end its check: ${error.message}`, { cause: error }));
      });
      // Codex may refuse and leave before it looks at its input.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end();
    });
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Codex's words, and the key that they are about with the layer that said it, where they name a line. */
export function toProblem(said: string, text: string, config: MergedConfig): Problem {
  const message = wordsOf(said);
  const at = /config\.toml:(\d+):(\d+): ([^\n]*)/.exec(said);
  if (at === null) return { path: "config.toml", message };
  const [line, column] = [Number(at[1]), Number(at[2])];
  const key = keyOfLine(text, line);
  const origin = explainConfig(config).find(
    (explained) => explained.key === key || explained.key.startsWith(`${key}.`),
  );
  if (origin === undefined) return { path: `config.toml:${line}:${column}`, message: at[3] ?? message };
  return { path: `${origin.layer}: ${origin.key} = ${origin.value}`, message: at[3] ?? message };
}

/** Without warnings, and without the stack that Codex prints. */
function wordsOf(said: string): string {
  const [words = ""] = said.split("\nStack backtrace");
  const lines = words.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("WARNING"));
  return lines.join(" ").replace(/^Error: /, "") || "it gave no reason";
}

/** The key that our rendering has on a line: it writes each on a line of its own, below its table's header. */
function keyOfLine(text: string, line: number): string {
  const lines = text.split("\n");
  const header = lines.slice(0, line).findLast((candidate) => candidate.startsWith("[")) ?? "";
  const own = lines[line - 1] ?? "";
  let value: unknown = parseToml(own === header ? own : `${header}\n${own}`, { layer: "config.toml" });
  const path: string[] = [];
  while (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const entry = Object.entries(value)[0];
    if (entry === undefined) break;
    path.push(entry[0]);
    value = entry[1];
  }
  return renderKeyPath(path);
}
