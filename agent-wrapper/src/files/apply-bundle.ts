import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configFiles, parseToml, profileFile, WorkspaceError } from "@codex-workspace/core";
import { rootEnvironment, type RunAs } from "../codex/run-as.ts";
import { runOnce } from "../codex/run-once.ts";
import type { ApplyRequest, ApplyResult, ConfigFile, FileConflict } from "./apply-files.ts";
import type { Bundle } from "./read-bundle.ts";
import { terminalConfigToml } from "./terminal-config.ts";
import type { Users } from "./users.ts";

/** Of the files in the state directory that say what we last wrote into CODEX_HOME. */
const appliedPrefix = "applied-";
const deadlineMs = 30_000;

export interface Applied {
  readonly conflicts: readonly FileConflict[];
  /** What a person should know, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Writes both CODEX_HOMEs and the project's AGENTS.md, each as its user; remembers what was applied for the next
 * three-way merge.
 *
 * @throws WorkspaceError `CODEX_HOME_UNUSABLE`, `TOML_INVALID` and others of the merge: nothing was written then
 */
export async function applyBundle(bundle: Bundle, users: Users, applyProgram: string): Promise<Applied> {
  const { config, configToml, agentsMd, projectAgentsMd } = bundle;
  const { paths } = config;
  const configs = await configsOf(bundle);
  const ofCodex: ApplyRequest = {
    codexHome: paths.codexHome,
    configs,
    agentsMd: agentsMd ?? null,
    project: {
      directory: paths.workdir,
      text: projectAgentsMd ?? null,
      changeTrackedFile: config.projectAgentsMd === "always",
      maxBytes: maxProjectBytes(configToml),
    },
  };
  const ofTerminal: ApplyRequest = {
    codexHome: paths.terminalHome,
    configs: [{ file: configFiles.configToml, base: null, next: terminalConfigToml(configToml), required: [] }],
    agentsMd: null,
    project: null,
  };
  // A process takes longer than what it writes: one for each user.
  const [applied, ofOther] = await Promise.all(
    config.users === "single"
      ? [applyAs(users.codex, applyProgram, ofCodex, ofTerminal)]
      : [applyAs(users.codex, applyProgram, ofCodex), applyAs(users.terminal, applyProgram, ofTerminal)],
  );
  await Promise.all(configs.map(({ file, next }) => rememberApplied(join(paths.state, appliedPrefix + file), next)));
  return { ...applied, warnings: [...applied.warnings, ...(ofOther?.warnings ?? [])] };
}

/** `project_doc_max_bytes`, or Codex's default. */
function maxProjectBytes(configToml: string): number {
  const { project_doc_max_bytes: given } = parseToml(configToml, { layer: configFiles.configToml });
  return typeof given === "number" || typeof given === "bigint" ? Number(given) : 32 * 1024;
}

/** config.toml and the profiles, with those that we wrote once and that are no more. */
async function configsOf({ config, configToml, profiles }: Bundle): Promise<ConfigFile[]> {
  const { state } = config.paths;
  const now = Object.entries(profiles).map(([name, text]) => [profileFile(name), text] as const);
  const applied = (await readdir(state)).filter((name) => name.startsWith(appliedPrefix) && name.endsWith(".toml"));
  const next = new Map([
    ...applied.map((name) => [name.slice(appliedPrefix.length), ""] as const),
    ...now,
    [configFiles.configToml, configToml],
  ]);
  return Promise.all(
    [...next].map(async ([file, text]) => ({
      file,
      base: applied.includes(appliedPrefix + file) ? await readFile(join(state, appliedPrefix + file), "utf8") : null,
      next: text,
      required: file === configFiles.configToml ? config.codex.platformKeys : [],
    })),
  );
}

async function rememberApplied(path: string, text: string): Promise<void> {
  if (text === "") return rm(path, { force: true });
  await writeFile(`${path}.tmp`, text, { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

/** What became of the first request; the others are carried out too. */
async function applyAs(
  runAs: RunAs,
  program: string,
  ...requests: [ApplyRequest, ...ApplyRequest[]]
): Promise<Applied> {
  const { exitCode, stdout, stderr } = await runOnce(process.execPath, [program], {
    runAs,
    cwd: "/",
    env: rootEnvironment,
    deadlineMs,
    input: JSON.stringify(requests),
  });
  const homes = requests.map(({ codexHome }) => codexHome).join(" or ");
  if (exitCode !== 0) throw new Error(`${homes} could not be written: ${stderr.trim()}`);
  const [first, ...others] = JSON.parse(stdout) as [ApplyResult, ...ApplyResult[]];
  const applied = toApplied(first);
  return { ...applied, warnings: [...applied.warnings, ...others.flatMap((other) => toApplied(other).warnings)] };
}

function toApplied(result: ApplyResult): Applied {
  if (!result.ok) throw new WorkspaceError(result.error.message, result.error);
  return result;
}
