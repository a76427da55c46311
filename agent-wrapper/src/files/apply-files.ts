import { mkdir } from "node:fs/promises";
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

/** What shall be in CODEX_HOME. Read from standard input by the program that does it. */
export interface ApplyRequest {
  readonly codexHome: string;
  /** config.toml as we last wrote it; null: never. */
  readonly base: string | null;
  readonly next: string;
  /** Keys of config.toml that are ours even where only somebody else changed them. */
  readonly required: readonly KeyPath[];
  /** Our block of AGENTS.md; null: none. */
  readonly agentsMd: string | null;
  /** The project, for the user who works in it. */
  readonly project: ProjectAgentsMd | null;
}

export type ApplyResult =
  | { readonly ok: true; readonly conflicts: readonly ConfigConflict[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: Pick<WorkspaceError, "code" | "message" | "remedy" | "problems"> };

/**
 * Brings CODEX_HOME up to date: a three-way merge of config.toml, our block of AGENTS.md. Must run as the user whose
 * CODEX_HOME it is, so that a symbolic link there gains nothing. A config.toml that is no TOML is left as it is.
 */
export async function applyFiles(request: ApplyRequest): Promise<ApplyResult> {
  const { codexHome, base, next, required, agentsMd, project } = request;
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  const configFile = join(codexHome, "config.toml");
  const agentsFile = join(codexHome, "AGENTS.md");
  const current = await readText(configFile);
  const currentAgents = await readText(agentsFile);
  try {
    const merged = mergeConfigToml({ base: base ?? undefined, next, current, required });
    const agents = writeManagedBlock({ current: currentAgents, content: agentsMd ?? undefined });
    if (merged.text !== current) await replaceText(configFile, merged.text);
    if (agents !== undefined && agents !== currentAgents) await replaceText(agentsFile, agents);
    const warnings = project === null ? [] : await applyProjectAgentsMd(project);
    return { ok: true, conflicts: merged.conflicts, warnings };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    const { code, message, remedy, problems } = error;
    return { ok: false, error: { code, message, remedy, problems } };
  }
}
