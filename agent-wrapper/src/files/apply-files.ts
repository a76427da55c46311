import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  mergeConfigToml,
  WorkspaceError,
  writeManagedBlock,
  type ConfigConflict,
  type KeyPath,
} from "@codex-workspace/core";
import { applyProjectAgentsMd, type ProjectAgentsMd } from "./project-agents-md.ts";
import { readText, replaceText } from "./text-file.ts";

/** config.toml, or a profile's file beside it. */
export interface ConfigFile {
  /** Its name in CODEX_HOME. */
  readonly file: string;
  /** As we last wrote it; null: never. */
  readonly base: string | null;
  readonly next: string;
  /** Keys that are ours even where only somebody else changed them. */
  readonly required: readonly KeyPath[];
}

/** What shall be in CODEX_HOME. Read from standard input by the program that does it. */
export interface ApplyRequest {
  readonly codexHome: string;
  readonly configs: readonly ConfigFile[];
  /** Our block of AGENTS.md; null: none. */
  readonly agentsMd: string | null;
  /** The project, for the user who works in it. */
  readonly project: ProjectAgentsMd | null;
}

/** A conflict in one of the files. */
export interface FileConflict extends ConfigConflict {
  readonly file: string;
}

export type ApplyResult =
  | { readonly ok: true; readonly conflicts: readonly FileConflict[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: Pick<WorkspaceError, "code" | "message" | "remedy" | "problems"> };

/**
 * Brings CODEX_HOME up to date: a three-way merge of config.toml and the profiles, our block of AGENTS.md. Must run as
 * the user whose CODEX_HOME it is, so that a symbolic link there gains nothing. Where a file is no TOML, all are left as
 * they are.
 */
export async function applyFiles(request: ApplyRequest): Promise<ApplyResult> {
  const { codexHome, configs, agentsMd, project } = request;
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  const agentsFile = join(codexHome, "AGENTS.md");
  const currents = await Promise.all(configs.map(({ file }) => readText(join(codexHome, file))));
  const currentAgents = await readText(agentsFile);
  try {
    const merges = configs.map(({ base, ...config }, index) => {
      const current = currents[index];
      return { file: config.file, current, ...mergeConfigToml({ ...config, base: base ?? undefined, current }) };
    });
    const agents = writeManagedBlock({ current: currentAgents, content: agentsMd ?? undefined });
    for (const { file, current, text } of merges) {
      if (text !== current) await replaceOrRemove(join(codexHome, file), text);
    }
    if (agents !== undefined && agents !== currentAgents) await replaceText(agentsFile, agents);
    const warnings = project === null ? [] : await applyProjectAgentsMd(project);
    return {
      ok: true,
      conflicts: merges.flatMap(({ file, conflicts }) => conflicts.map((conflict) => ({ ...conflict, file }))),
      warnings,
    };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    const { code, message, remedy, problems } = error;
    return { ok: false, error: { code, message, remedy, problems } };
  }
}

/** A profile that is no more leaves no file behind, unless somebody else wrote into it. */
async function replaceOrRemove(path: string, text: string): Promise<void> {
  if (text.trim() === "") await rm(path, { force: true });
  else await replaceText(path, text);
}
